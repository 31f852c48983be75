import { isStillGood } from "@sluice/aws-protocol";

/** Seals and opens secrets; `open` throws on what was not sealed for this name. */
export interface Vault {
  seal(text: string, name: string): Buffer;
  open(sealed: Uint8Array, name: string): string;
}

/** How long a password holds, in milliseconds: ECR's twelve hours. */
export const tokenMilliseconds = 12 * 3_600_000;

/** The user name that goes with every password. */
export const tokenUser = "AWS";

/** Whom a password stands for is said in it, sealed for this purpose alone. */
const purpose = "registry password";

/** The longest password that is looked at, in characters. Ours have some 100. */
const passwordLengthMax = 1_000;

/** Passwords for the registry: each stands for the access key that has asked for it, and ends with that key if not before. */
export class RegistryTokens {
  readonly #vault: Vault;
  readonly #clock: () => number;

  constructor(vault: Vault, clock: () => number) {
    this.#vault = vault;
    this.#clock = clock;
  }

  /** A password for whoever has this access key, until then. */
  passwordFor(accessKeyId: string, expiresAt: number): string {
    return this.#vault.seal(`${expiresAt} ${accessKeyId}`, purpose).toString("base64url");
  }

  /** The access key that an Authorization header stands for; undefined when it is none of ours, or no longer. */
  accessKeyIdOf(authorization: string | undefined): string | undefined {
    const [, text] = /^Basic ([A-Za-z0-9+/_-]+=*)$/i.exec(authorization ?? "") ?? [];
    if (text === undefined || text.length > 2 * passwordLengthMax) return undefined;
    const [user, password = ""] = Buffer.from(text, "base64").toString("utf8").split(":", 2);
    if (user !== tokenUser || password === "" || password.length > passwordLengthMax) return undefined;
    const [, expiresAt, accessKeyId] = /^(\d+) (\w+)$/.exec(this.#opened(password)) ?? [];
    return isStillGood(Number(expiresAt), tokenMilliseconds, this.#clock()) ? accessKeyId : undefined;
  }

  #opened(password: string): string {
    try {
      return this.#vault.open(Buffer.from(password, "base64url"), purpose);
    } catch {
      return ""; // somebody has made it up, or sealed it for something else
    }
  }
}
