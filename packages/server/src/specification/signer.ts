import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { signedDataMaker, type SignedDataMaker } from "./signed-data.ts";
import { openSigningKey } from "./signing-key.ts";

/** What signs specifications. */
export interface Signer {
  /** Signs a text as PKCS#7 with the content attached, in PEM. */
  readonly sign: (text: string) => Promise<string>;
  /** By what hosts know it: the SHA-256 of its public key (SubjectPublicKeyInfo, DER), in hex. */
  readonly sha256: () => Promise<string>;
}

/**
 * How long the signing certificate is valid, in milliseconds. It is created at each start, and agents do not check it:
 * it carries the key, which they know by its hash.
 */
const validity = 365 * 86_400_000;

/** Opens the signing key of a data folder when it is needed; the first time makes it. */
export function openSigner(dataFolder: string, clock: () => number): Signer {
  let opened: Promise<KeyObject> | undefined;
  let made: Promise<SignedDataMaker> | undefined;
  const key = () => (opened ??= openSigningKey(dataFolder));
  const maker = async () => {
    const from = clock();
    return signedDataMaker(await key(), {
      subject: "Sluice deployment specifications",
      from,
      until: from + validity,
    });
  };
  return {
    sign: async (text) => (await (made ??= maker()))(text, clock()),
    sha256: async () => {
      const spki = createPublicKey(await key()).export({ type: "spki", format: "der" });
      return createHash("sha256").update(spki).digest("hex");
    },
  };
}
