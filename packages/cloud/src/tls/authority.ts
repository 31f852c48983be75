import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, type SecureContext } from "node:tls";
import { makeCertificate } from "./certificate.ts";

const subject = "Sluice local cloud";
const dayMilliseconds = 86_400_000;

/** How long the authority is good for, in days, and each certificate of a host: browsers and Go refuse longer ones. */
const authorityDays = 3650;
const hostDays = 397;

/** Certificates that are kept ready. An instance may ask for any name of AWS's, so there must be a limit. */
const contextsMax = 200;

/** The names that the local cloud answers to inside instances: AWS's own, and nobody else's. */
export const isOurs = (host: string): boolean =>
  /^[a-z0-9*]([a-z0-9._-]*)\.(amazonaws\.com|amazonaws\.com\.cn|on\.aws|api\.aws)$/.test(host);

/** This installation's own certificate authority: instances trust it, and nothing outside them does. */
export class Authority {
  /** In PEM. */
  readonly certificate: string;
  /** A file with the certificate alone, for clients that are told whom to trust. */
  readonly certificateFile: string;
  readonly #privateKey: KeyObject;
  readonly #clock: () => number;
  readonly #contexts = new Map<string, { readonly context: SecureContext; readonly until: number }>();

  private constructor(certificate: string, privateKey: KeyObject, about: { file: string; clock: () => number }) {
    const { file, clock } = about;
    this.certificate = certificate;
    this.certificateFile = file;
    this.#privateKey = privateKey;
    this.#clock = clock;
  }

  /** The authority of a data folder; the first time makes it, its key readable by this user alone. */
  static open(dataFolder: string, clock: () => number): Authority {
    const folder = join(dataFolder, "cloud");
    const file = join(folder, "authority.pem");
    if (!existsSync(file)) {
      const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const from = clock() - dayMilliseconds;
      const until = from + authorityDays * dayMilliseconds;
      const made = makeCertificate({ subject, issuer: { subject, privateKey: key }, key, from, until });
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${file}.new`, made + key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    }
    const text = readFileSync(file, "utf8");
    const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text)?.[0];
    if (certificate === undefined)
      throw new Error(`Cannot read the certificate authority "${file}". Delete it to get a new one`);
    const alone = join(folder, "authority.crt");
    if (!existsSync(alone)) writeFileSync(alone, certificate);
    return new Authority(certificate, createPrivateKey(text), { file: alone, clock });
  }

  /** A certificate for a host of ours, made on demand. Throws for a host that is none. */
  contextFor(host: string): SecureContext {
    const now = this.#clock();
    const found = this.#contexts.get(host);
    if (found !== undefined && found.until > now) return found.context;
    if (!isOurs(host)) throw new Error(`The local cloud does not answer to "${host.slice(0, 253)}"`);
    const { until, ...certificate } = this.certificateFor([host]);
    const context = createSecureContext(certificate);
    const [oldest] = this.#contexts.keys();
    if (this.#contexts.size >= contextsMax && oldest !== undefined) this.#contexts.delete(oldest);
    this.#contexts.set(host, { context, until });
    return context;
  }

  /** A certificate for these host names and addresses together, with its key, both in PEM. */
  certificateFor(hosts: readonly string[]): { readonly key: string; readonly cert: string; readonly until: number } {
    const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const from = this.#clock() - dayMilliseconds;
    const until = from + hostDays * dayMilliseconds;
    const issuer = { subject, privateKey: this.#privateKey };
    const cert = makeCertificate({ subject: hosts[0]?.slice(0, 64) ?? "", hosts, issuer, key, from, until });
    return { key: key.export({ type: "pkcs8", format: "pem" }), cert: cert + this.certificate, until };
  }
}
