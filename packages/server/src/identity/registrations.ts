import { createHash } from "node:crypto";
import { newSecret } from "../random.ts";
import type { KeyPair } from "./administrator.ts";
import type { KeyStore } from "./key-store.ts";

/** How long a registration token is good, in milliseconds: long enough to walk over to the host. */
export const registrationMilliseconds = 3_600_000;

/** Tokens with which hosts get their keys: each is good once, for one host. Only their hashes are kept. */
export function registrations(keys: KeyStore, clock: () => number, newPair: () => KeyPair) {
  return {
    /** A token for the host that signs as this user. One that was given before is no good any longer. */
    async newRegistration(arn: string): Promise<{ readonly token: string; readonly expiresAt: number }> {
      const token = newSecret().replaceAll("+", "-").replaceAll("/", "_");
      const expiresAt = clock() + registrationMilliseconds;
      await keys.write(() => keys.addToken(hashOf(token), arn, expiresAt));
      return { token, expiresAt };
    },
    /** A key for the host that a token is for, in the place of all that it had by tokens before; undefined when the token is not good. */
    redeemRegistration(token: string): Promise<(KeyPair & { readonly arn: string }) | undefined> {
      return keys.write(() => {
        const arn = keys.takeToken(hashOf(token), clock());
        if (arn === undefined) return undefined;
        const userId = `AIDA${createHash("sha256").update(arn).digest("hex").slice(0, 17).toUpperCase()}`;
        keys.removeUser(userId);
        const pair = newPair();
        keys.add({ ...pair, arn, userId, createdAt: clock(), isActive: true });
        return { ...pair, arn };
      });
    },
  };
}

const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");
