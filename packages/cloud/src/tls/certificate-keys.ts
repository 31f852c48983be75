import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The private keys of certificates that users have uploaded: each in a file that only this user may read, and not in the database. */
export class CertificateKeys {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, "cloud", "certificates");
  }

  /** Stores the key of a certificate, in PEM. */
  put(id: string, key: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#file(id)}.new`, key, { mode: 0o600 });
    renameSync(`${this.#file(id)}.new`, this.#file(id));
  }

  find(id: string): string {
    return readFileSync(this.#file(id), "utf8");
  }

  remove(id: string): void {
    rmSync(this.#file(id), { force: true });
  }

  #file(id: string): string {
    return join(this.#folder, `${id}.pem`);
  }
}
