import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { Fault } from "@sluice/aws-protocol";
import type { CertificateKeys } from "../../tls/certificate-keys.ts";
import { checkName, exists, type IamContext, type IamOperations, newEntity, noSuch } from "./context.ts";
import { page } from "./pagination.ts";
import type { IamRecords, ServerCertificate } from "./records.ts";

/** A certificate with its chain, and its private key; all in PEM. */
export interface PrivateCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Operations on server certificates. A private key is never returned. */
export const serverCertificateOperations: IamOperations = {
  UploadServerCertificate(context, input) {
    const { records, certificateKeys } = context;
    const { CertificateBody, PrivateKey = "", CertificateChain, Path, Tags } = input;
    const name = checkName("serverCertificateName", input.ServerCertificateName, 128);
    if (records.find("certificate", name) !== undefined)
      throw exists(`The Server Certificate with name ${name} already exists.`);
    const parsed = checkedCertificate(CertificateBody ?? "");
    for (const text of CertificateChain?.split(/(?<=-----END CERTIFICATE-----)\s*/).filter(Boolean) ?? [])
      checkedCertificate(text);
    checkKey(parsed, PrivateKey);
    checkStrength([CertificateBody, CertificateChain].join("\n"), PrivateKey);
    const entity = newEntity(context, { prefix: "ASCA", kind: "server-certificate", name, path: Path, tags: Tags });
    const made: ServerCertificate = {
      ...entity,
      body: CertificateBody ?? "",
      chain: CertificateChain,
      expiresAt: parsed.validToDate.getTime(),
    };
    certificateKeys.put(made.id, PrivateKey);
    records.put("certificate", made);
    return { ServerCertificateMetadata: shown(made), Tags: [...made.tags] };
  },

  GetServerCertificate(context, { ServerCertificateName }) {
    const found = certificateOf(context, ServerCertificateName);
    return {
      ServerCertificate: {
        ServerCertificateMetadata: shown(found),
        CertificateBody: found.body,
        CertificateChain: found.chain,
        Tags: [...found.tags],
      },
    };
  },

  ListServerCertificates({ records }, { PathPrefix = "/", ...place }) {
    const all = records.all("certificate").filter(({ path }) => path.startsWith(PathPrefix));
    const { items, ...rest } = page(all, place, ({ name }) => name);
    return { ServerCertificateMetadataList: items.map(shown), ...rest };
  },

  DeleteServerCertificate(context, { ServerCertificateName }) {
    const { id, name } = certificateOf(context, ServerCertificateName);
    context.records.remove("certificate", name);
    context.certificateKeys.remove(id);
  },
};

/** Server certificates by ARN, for the listeners that use them. */
export function serverCertificates(records: IamRecords, keys: CertificateKeys) {
  return {
    find(arn: string): PrivateCertificate | undefined {
      const found = records.all("certificate").find((one) => one.arn === arn);
      return found && { cert: [found.body.trim(), found.chain ?? ""].join("\n"), key: keys.find(found.id) };
    },
  };
}

function certificateOf({ records }: IamContext, name: string | undefined): ServerCertificate {
  const found = records.find("certificate", checkName("serverCertificateName", name, 128));
  if (found === undefined) throw noSuch(`The Server Certificate with name ${name} cannot be found.`);
  return found;
}

function checkedCertificate(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new Fault(
      "MalformedCertificateException",
      "Unable to parse certificate. Please ensure the certificate is in PEM format.",
      {
        cause,
      },
    );
  }
}

/** The reasons never quote a word of the private key. */
function checkKey(certificate: X509Certificate, text: string): void {
  let isMatching: boolean;
  try {
    isMatching = certificate.checkPrivateKey(createPrivateKey(text));
  } catch {
    throw new Fault(
      "MalformedCertificateException",
      "Unable to parse key; the private key must be in PEM format, and not encrypted.",
    );
  }
  if (!isMatching)
    throw new Fault("KeyPairMismatchException", "The private key does not match the public key of the certificate.");
}

/** Refuses a key that is too short for TLS now, rather than when a client connects. */
function checkStrength(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key });
  } catch {
    throw new Fault("MalformedCertificateException", "The certificate and its private key cannot be used for TLS.");
  }
}

const shown = ({ path, name, id, arn, createdAt, expiresAt }: ServerCertificate) => ({
  Path: path,
  ServerCertificateName: name,
  ServerCertificateId: id,
  Arn: arn,
  UploadDate: new Date(createdAt),
  Expiration: new Date(expiresAt),
});
