import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** The private key of a data folder that specifications are signed with; the first time makes it. Hosts know it: with another one they obey no longer. */
export async function openSigningKey(dataFolder: string): Promise<KeyObject> {
  const file = join(dataFolder, "signer.pem");
  if (!existsSync(file)) {
    const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
    writeFileSync(`${file}.new`, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  return createPrivateKey(readFileSync(file));
}
