import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { privateFile } from "./private-file.ts";

/** Seals secrets, so that a copy of the database alone does not suffice to sign anything (docs/decisions/010). */
export interface Vault {
  /** Seals a text for a name; it can be opened for that name only. */
  seal(text: string, name: string): Buffer;
  open(sealed: Uint8Array, name: string): string;
  /** Derives a key for another purpose, from which this one cannot be inferred. */
  derivedKey(purpose: string): Buffer;
}

const algorithm = "aes-256-gcm";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Where a data folder has the key of its vault. */
export const vaultFile = (dataFolder: string): string => join(dataFolder, "identities.key");

/** Opens the vault of a data folder; the first time makes its key. */
export function openVault(dataFolder: string, { isInUse }: { readonly isInUse: boolean }): Vault {
  const file = vaultFile(dataFolder);
  if (isInUse && !existsSync(file))
    throw new Error(
      `Cannot open the access keys: "${file}" is missing, and they are sealed with it. Put it back from a copy, or delete identities.sqlite to give up all keys but the administrator's`,
    );
  return openVaultOf(file);
}

/** Opens the vault whose key is in a file; makes the key when there is none. */
export function openVaultOf(file: string): Vault {
  const key = Buffer.from(
    privateFile(file, () => randomBytes(keyBytes).toString("base64")),
    "base64",
  );
  if (key.length !== keyBytes)
    throw new Error(
      `Cannot open the access keys: "${file}" must hold ${keyBytes} bytes in base64, and holds ${key.length}`,
    );
  return {
    derivedKey: (purpose) => Buffer.from(hkdfSync("sha256", key, "", purpose, keyBytes)),
    seal(text, name) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(name));
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open(sealed, name) {
      const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(name))
        .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]).toString(
          "utf8",
        );
      } catch (cause) {
        throw new Error(`Cannot open the secret of ${name}: it was sealed with another key than that of "${file}"`, {
          cause,
        });
      }
    },
  };
}
