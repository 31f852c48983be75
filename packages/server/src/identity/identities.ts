import type { AccessKey, AccessKeys, Principal } from "@sluice/aws-protocol";
import { newAccessKeyId, newSecret } from "../random.ts";
import { administratorKey, type KeyPair } from "./administrator.ts";
import { type AuditLog, openAuditLog } from "./audit-log.ts";
import { hostUserId, type KeyStore, openKeyStore, type StoredKey } from "./key-store.ts";
import { registrations } from "./registrations.ts";
import type { Vault } from "./vault.ts";

/** A key for a limited time. */
export interface SessionCredentials extends KeyPair {
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A key that was found, with the policies that narrow its session. */
export interface FoundKey extends AccessKey {
  readonly sessionPolicies?: readonly string[];
}

/** Everybody who may sign requests. */
export interface Identities extends AccessKeys {
  find(accessKeyId: string): FoundKey | undefined;
  administrator(): KeyPair;
  /** The key that the control plane itself signs with, in its own name, when it calls services of the local cloud. It lives as long as this process. */
  controlPlane(): KeyPair;
  /** Whether somebody may do everything: who set this house up, and the control plane. */
  isAdministrator(principal: Principal): boolean;
  /** A key that may act as this host. The last one is given again until an hour before it expires. */
  issueForHost(host: string, arn: string): Promise<SessionCredentials>;
  revokeHost(host: string): Promise<void>;
  /** A key with which a service of this house signs for itself, such as `codedeploy.amazonaws.com`: roles that trust it can be assumed, nothing else. It lives as long as this process. */
  issueForService(service: string): KeyPair;
  /** A long-lived key of a user. */
  issueForUser(user: { readonly arn: string; readonly userId: string }): Promise<KeyPair>;
  /** A session of a user or a role; policies narrow it. */
  issueSession(session: {
    readonly arn: string;
    readonly userId: string;
    readonly seconds: number;
    readonly policies?: readonly string[];
  }): Promise<SessionCredentials>;
  /** The long-lived keys of a user, oldest first. */
  keysOf(
    userId: string,
  ): readonly { readonly accessKeyId: string; readonly createdAt: number; readonly isActive: boolean }[];
  setActive(accessKeyId: string, isActive: boolean): Promise<void>;
  revokeKey(accessKeyId: string): Promise<void>;
  /** Gives a user's keys its new ARN. */
  renameUser(userId: string, arn: string): Promise<void>;
  /** A token with which the host that signs as a user gets its key, once. */
  newRegistration(arn: string): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** The key of the host that a token is for; undefined when the token is not good. */
  redeemRegistration(token: string): Promise<(KeyPair & { readonly arn: string }) | undefined>;
  /** Seals other secrets of this house as the keys are. */
  readonly vault: Pick<Vault, "seal" | "open">;
  /** The log of what everybody has changed. */
  readonly audit: AuditLog;
  close(): void;
}

/** How long a host's key lives, in milliseconds: AWS's instance credentials live about six hours. */
const hostKeyLifetime = 6 * 3_600_000;
const renewBefore = 3_600_000;

/** Opens the identities of a data folder; the first time makes the administrator's key, in a file that only this user may read. */
export async function openIdentities(options: {
  readonly dataFolder: string;
  readonly accountId: string;
  readonly clock: () => number;
}): Promise<Identities> {
  const { dataFolder, accountId, clock } = options;
  const administrator = administratorKey(dataFolder);
  const administratorArn = `arn:aws:iam::${accountId}:user/administrator`;
  const userId = administrator.accessKeyId.replace(/^AKIA/, "AIDA");
  const keys = await openKeyStore(dataFolder);
  const audit = openAuditLog(dataFolder, keys.derivedKey("audit log"));
  const codedeploy = "codedeploy.amazonaws.com";
  const controlPlane = {
    ...newPair("AKIA"),
    principal: { accountId, arn: codedeploy, userId: controlPlaneId, service: codedeploy },
  };
  const services = new Map<string, AccessKey>([[controlPlane.accessKeyId, controlPlane]]);
  return {
    administrator: () => administrator,
    controlPlane: () => controlPlane,
    isAdministrator: ({ arn, userId }) => arn === administratorArn || userId === controlPlaneId,
    find(id) {
      if (id === administrator.accessKeyId)
        return { ...administrator, principal: { accountId, arn: administratorArn, userId } };
      const stored = keys.find(id);
      return stored === undefined ? services.get(id) : found(stored, accountId);
    },
    issueForHost: (host, arn) => issueForHost(keys, { host, arn, now: clock() }),
    revokeHost: async (host) => void (await keys.write(() => keys.removeHost(host))),
    issueForService(service) {
      const known = [...services.values()].find(({ principal }) => principal.userId === service);
      const key = known ?? { ...newPair("AKIA"), principal: { accountId, arn: service, userId: service, service } };
      services.set(key.accessKeyId, key);
      return key;
    },
    async issueForUser(user) {
      const pair = newPair("AKIA");
      await keys.write(() => keys.add({ ...pair, ...user, createdAt: clock(), isActive: true }));
      return pair;
    },
    issueSession: ({ seconds, ...session }) =>
      keys.write(() => addSession(keys, { ...session, now: clock(), milliseconds: seconds * 1000 })),
    keysOf: (user) => keys.ofUser(user),
    setActive: async (id, isActive) => void (await keys.write(() => keys.setActive(id, isActive))),
    revokeKey: async (id) => void (await keys.write(() => keys.remove(id))),
    renameUser: async (user, arn) => void (await keys.write(() => keys.rename(user, arn))),
    ...registrations(keys, clock, () => newPair("AKIA")),
    vault: keys.vault,
    audit,
    close() {
      audit.close();
      keys.close();
    },
  };
}

const controlPlaneId = "control-plane";

const newPair = (prefix: "AKIA" | "ASIA"): KeyPair => ({
  accessKeyId: newAccessKeyId(prefix),
  secretAccessKey: newSecret(),
});

/** An inactive key is as good as none. */
function found({ isActive, arn, userId, host, policies, ...key }: StoredKey, accountId: string): FoundKey | undefined {
  if (!isActive) return undefined;
  return {
    ...key,
    principal: { accountId, arn, userId, ...(host === undefined ? {} : { host }) },
    ...(policies === undefined ? {} : { sessionPolicies: policies }),
  };
}

function issueForHost(
  keys: KeyStore,
  { host, arn, now }: { readonly host: string; readonly arn: string; readonly now: number },
): Promise<SessionCredentials> {
  return keys.write(() => {
    const last = keys.ofHost(host, now + renewBefore);
    // A host whose role has changed gets a key for the new one.
    if (last?.arn === arn && isSession(last)) return last;
    return addSession(keys, { host, arn, userId: "", now, milliseconds: hostKeyLifetime });
  });
}

const isSession = (key: StoredKey): key is StoredKey & SessionCredentials =>
  key.sessionToken !== undefined && key.expiresAt !== undefined;

function addSession(
  keys: KeyStore,
  session: {
    readonly arn: string;
    readonly userId: string;
    readonly host?: string;
    readonly policies?: readonly string[];
    readonly now: number;
    readonly milliseconds: number;
  },
): SessionCredentials {
  const { now, milliseconds, ...whose } = session;
  keys.removeExpired(now);
  const pair = newPair("ASIA");
  const credentials = { ...pair, sessionToken: newSecret() + newSecret(), expiresAt: now + milliseconds };
  const userId = whose.userId === "" ? hostUserId(pair.accessKeyId, whose.arn) : whose.userId;
  keys.add({ ...credentials, ...whose, userId, createdAt: now, isActive: true });
  return credentials;
}
