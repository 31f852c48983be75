import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
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

/** The names that the local cloud answers to inside instances: AWS's own. */
const isOurs = (host: string): boolean =>
  /^[a-z0-9*]([a-z0-9._-]*)\.(amazonaws\.com|amazonaws\.com\.cn|on\.aws|api\.aws)$/.test(host);

/** What the authority may always vouch for. Clients that trust it need not fear for other names. The last network is the instances'. */
const alwaysPermitted = [
  "localhost",
  "amazonaws.com",
  "amazonaws.com.cn",
  "on.aws",
  "api.aws",
  "127.0.0.0/8",
  "::1/128",
  "172.31.0.0/16",
];

/** The constraint for a host: a name also stands for those below it. */
const permittedFor = (host: string): string =>
  isIP(host) === 0 ? host.replace(/^\*\./, "") : `${host}/${isIP(host) === 4 ? 32 : 128}`;

/** What the existing certificate permits; undefined when there is none, or one of an earlier version, which permits everything. */
function permittedBefore(file: string): readonly string[] | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, "utf8")) as readonly string[]; // written here
}

/** Writes a file atomically, readable by this user alone. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** This installation's own certificate authority: instances trust it, and nothing outside them does. */
export class Authority {
  /** In PEM. */
  readonly certificate: string;
  /** A file with the certificate alone, for clients that are told which authorities to trust. */
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

  /** Opens the authority of a data folder; the first time makes it, with a key that only this user may read. `names` are hosts that it has to vouch for besides AWS's and this machine's own. */
  static open(dataFolder: string, clock: () => number, names: readonly string[] = []): Authority {
    const folder = join(dataFolder, "cloud");
    const file = join(folder, "authority.pem");
    const permittedFile = join(folder, "authority.names.json");
    const before = permittedBefore(permittedFile);
    const permitted = [...new Set([...alwaysPermitted, ...(before ?? []), ...names.map(permittedFor)])];
    if (!existsSync(file) || before === undefined || permitted.length > before.length) {
      mkdirSync(folder, { recursive: true });
      // The key stays, so that clients that trust the previous certificate go on trusting what it allowed.
      const key = existsSync(file)
        ? createPrivateKey(readFileSync(file, "utf8"))
        : generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
      const from = clock() - dayMilliseconds;
      const until = from + authorityDays * dayMilliseconds;
      const made = makeCertificate({ subject, issuer: { subject, privateKey: key }, key, from, until, permitted });
      replace(file, made + key.export({ type: "pkcs8", format: "pem" }));
      rmSync(join(folder, "authority.crt"), { force: true });
      replace(permittedFile, JSON.stringify(permitted));
    }
    const text = readFileSync(file, "utf8");
    const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(text)?.[0];
    if (certificate === undefined)
      throw new Error(`Cannot read the certificate authority "${file}". Delete it to get a new one`);
    const alone = join(folder, "authority.crt");
    if (!existsSync(alone)) writeFileSync(alone, certificate);
    return new Authority(certificate, createPrivateKey(text), { file: alone, clock });
  }

  /** Returns a certificate for a host of the cloud, made on demand. Throws for other hosts. */
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

  /** Returns a certificate for these host names and addresses together, with its key, both in PEM. */
  certificateFor(hosts: readonly string[]): { readonly key: string; readonly cert: string; readonly until: number } {
    const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const from = this.#clock() - dayMilliseconds;
    const until = from + hostDays * dayMilliseconds;
    const issuer = { subject, privateKey: this.#privateKey };
    // An address as a common name would be taken for a host's name, which the authority may not vouch for.
    const named = hosts.find((host) => isIP(host) === 0)?.slice(0, 64) ?? subject;
    const cert = makeCertificate({ subject: named, hosts, issuer, key, from, until });
    return { key: key.export({ type: "pkcs8", format: "pem" }), cert: cert + this.certificate, until };
  }
}
