import { createHash } from "node:crypto";
import { newSecret } from "../random.ts";
import type { KeyPair } from "./administrator.ts";
import type { KeyStore } from "./key-store.ts";
import { type RegisteredHost, registrationMilliseconds } from "./registered-hosts.ts";

/** Tokens with which hosts get their keys: each is good once, for one registration of a host. Only their hashes are kept. */
export function registrations(keys: KeyStore, clock: () => number, newPair: () => KeyPair) {
  return {
    /** A token for a host. One that was given before is no good any longer. */
    async newRegistration(host: RegisteredHost): Promise<{ readonly token: string; readonly expiresAt: number }> {
      const token = newSecret().replaceAll("+", "-").replaceAll("/", "_");
      const expiresAt = clock() + registrationMilliseconds;
      await keys.write(() => keys.addToken(hashOf(token), host, expiresAt));
      return { token, expiresAt };
    },
    /** A key for the host that a token is for, in the place of all that it had by tokens before; undefined when the token is not good. */
    redeemRegistration(token: string): Promise<(KeyPair & { readonly arn: string }) | undefined> {
      return keys.write(() => {
        const host = keys.takeToken(hashOf(token), clock());
        if (host === undefined) return undefined;
        const { arn, instance } = host;
        keys.removeInstance(instance);
        const pair = newPair();
        keys.add({ ...pair, arn, instance, userId: userIdOf(instance), createdAt: clock(), isActive: true });
        return { ...pair, arn };
      });
    },
    /** Ends what a registration has given: its keys, and its token. */
    async endRegistration(instance: string): Promise<void> {
      await keys.write(() => keys.removeInstance(instance));
    },
    /**
     * Binds keys that an earlier version has issued to hosts: each belongs to the registration that its ARN has now,
     * and is revoked when there is none. They are recognized by their unique id, which was derived from the ARN, as IAM
     * never does.
     */
    async bindEarlierKeys(instanceOf: (arn: string) => string | undefined): Promise<void> {
      await keys.write(() => {
        for (const { accessKeyId, arn, userId } of keys.unregistered()) {
          if (userId !== userIdOf(arn)) continue;
          const instance = instanceOf(arn);
          if (instance === undefined) keys.remove(accessKeyId);
          else keys.bindToInstance(accessKeyId, instance);
        }
      });
    },
  };
}

const userIdOf = (arn: string) => `AIDA${createHash("sha256").update(arn).digest("hex").slice(0, 17).toUpperCase()}`;

const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");
