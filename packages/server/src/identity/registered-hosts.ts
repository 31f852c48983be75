import { isStillGood } from "@sluice/aws-protocol";
import type { Database } from "../store/database.ts";

/** How long a registration token is good, in milliseconds: long enough to walk over to the host. */
export const registrationMilliseconds = 3_600_000;

/** A host outside the cloud: the ARN that it signs as, and that of the on-premises instance which it is registered as. */
export interface RegisteredHost {
  readonly arn: string;
  readonly instance: string;
}

/** What the key store keeps of hosts outside the cloud: which keys are theirs, and the tokens that they get them for. */
export function registeredHosts(db: Database) {
  return {
    /** Ends the keys of a host outside the cloud, and the token that waits for it. */
    removeInstance(instance: string): void {
      db.run("DELETE FROM access_keys WHERE instance = ?", instance);
      db.run("DELETE FROM host_registrations WHERE instance = ?", instance);
    },
    /** Long-lived keys that belong to no registration, as far as is written down. */
    unregistered: (): readonly { readonly accessKeyId: string; readonly arn: string; readonly userId: string }[] =>
      db.all(
        "SELECT access_key_id AS accessKeyId, arn, user_id AS userId FROM access_keys WHERE expires_at IS NULL AND instance IS NULL",
      ),
    bindToInstance: (accessKeyId: string, instance: string) =>
      db.run("UPDATE access_keys SET instance = ? WHERE access_key_id = ?", instance, accessKeyId),
    addToken: (hash: string, { arn, instance }: RegisteredHost, expiresAt: number) =>
      db.run("INSERT OR REPLACE INTO host_registrations VALUES (?, ?, ?, ?)", hash, arn, instance, expiresAt),
    /** Returns the host of a token that is still valid, and invalidates it. */
    takeToken(hash: string, now: number): RegisteredHost | undefined {
      const row = db.get<RegisteredHost & { readonly expires_at: number }>(
        "SELECT arn, instance, expires_at FROM host_registrations WHERE hash = ?",
        hash,
      );
      db.run("DELETE FROM host_registrations WHERE hash = ? OR expires_at <= ?", hash, now);
      if (row === undefined || !isStillGood(row.expires_at, registrationMilliseconds, now)) return undefined;
      return { arn: row.arn, instance: row.instance };
    },
  };
}
