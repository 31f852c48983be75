import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Keys, certificates and envelopes by OpenSSL: what the official agents verify with, so not our own reading of the format.

/** Whether this host has the program. */
export const hasOpenssl: boolean = (() => {
  try {
    return execFileSync("openssl", ["version"]).length > 0;
  } catch {
    return false; // no such program
  }
})();

/** A key with its certificate, in files. */
export interface Party {
  readonly key: string;
  readonly certificate: string;
}

/** A folder in which OpenSSL works; removed at the end of the test. */
export class Openssl {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-openssl-"));
  #count = 0;

  constructor(after: (clean: () => void) => void) {
    after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** A party that vouches for itself, or for which `issuer` does. */
  party(
    name: string,
    {
      issuer,
      algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      authority = false,
    }: { issuer?: Party; algorithm?: readonly string[]; authority?: boolean } = {},
  ): Party {
    const [key, certificate] = [this.#file("key"), this.#file("pem")];
    const by = issuer === undefined ? [] : ["-CA", issuer.certificate, "-CAkey", issuer.key];
    const constraints = ["-addext", `basicConstraints=critical,CA:${authority ? "TRUE" : "FALSE"}`];
    this.#run([
      "req",
      "-x509",
      ...algorithm,
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-days",
      "30",
      ...by,
      ...constraints,
      "-keyout",
      key,
      "-out",
      certificate,
    ]);
    return { key, certificate };
  }

  /** A PKCS#7 envelope in PEM, as CodeDeploy sends its specifications. */
  sign(text: string, { key, certificate }: Party, more: readonly string[] = []): string {
    const [input, output] = [this.#file("txt"), this.#file("p7")];
    writeFileSync(input, text);
    const attached = more.includes("-detached") ? [] : ["-nodetach"];
    this.#run([
      "smime",
      "-sign",
      "-binary",
      ...attached,
      "-outform",
      "PEM",
      "-md",
      "sha256",
      "-in",
      input,
      "-out",
      output,
      "-signer",
      certificate,
      "-inkey",
      key,
      ...more.filter((word) => word !== "-detached"),
    ]);
    return readFileSync(output, "utf8");
  }

  #file(extension: string): string {
    return join(this.folder, `${(this.#count += 1)}.${extension}`);
  }

  #run(words: readonly string[]): void {
    execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"] });
  }
}
