import type { AccessKey, AccessKeys } from "@sluice/aws-protocol";
import { administratorArn } from "../administrator-arn.ts";
import { newAccessKeyId, newSecret } from "../random.ts";
import { administratorKey, type KeyPair } from "./administrator.ts";
import { type AuditLog, openAuditLog } from "../audit/audit-log.ts";
import { hostUserId, type KeyStore, openKeyStore, type StoredKey } from "./key-store.ts";
import type { RegisteredHost } from "./registered-hosts.ts";
import { registrations } from "./registrations.ts";
import type { Vault } from "./vault.ts";

/** A key for a limited time. */
export interface SessionCredentials extends KeyPair {
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A key. Its owner and purpose belong to the key itself, because names can be given again. */
export interface FoundKey extends AccessKey {
  /** Whether it may do everything: the administrator's key, a session of it, or the control plane's. */
  readonly isAdministrator: boolean;
  /** Set on the key of a host outside the cloud: the ARN of the on-premises instance that it was registered as. */
  readonly instance?: string | undefined;
  /** Policies that narrow its session. */
  readonly sessionPolicies?: readonly string[] | undefined;
}

/** All identities that may sign requests. */
export interface Identities extends AccessKeys {
  find(accessKeyId: string): FoundKey | undefined;
  administrator(): KeyPair;
  /** The key that the control plane itself signs with, in its own name, when it calls services of the local cloud. It lives as long as this process. */
  controlPlane(): KeyPair;
  /** A key that may act as this host, with the policies of the role that has this unique id. The last one is given again until an hour before it expires. */
  issueForHost(host: string, arn: string, roleId?: string): Promise<SessionCredentials>;
  revokeHost(host: string): Promise<void>;
  /**
   * Returns a key with which a local service signs for itself, such as `codedeploy.amazonaws.com`: it may assume roles
   * that trust it, nothing else. It lives as long as this process.
   */
  issueForService(service: string): KeyPair;
  /** A long-lived key of a user. */
  issueForUser(user: { readonly arn: string; readonly userId: string }): Promise<KeyPair>;
  /** A session of a user or a role; policies narrow it. */
  issueSession(session: {
    readonly arn: string;
    readonly userId: string;
    readonly seconds: number;
    readonly policies?: readonly string[] | undefined;
  }): Promise<SessionCredentials>;
  /** The long-lived keys of a user, oldest first. */
  keysOf(
    userId: string,
  ): readonly { readonly accessKeyId: string; readonly createdAt: number; readonly isActive: boolean }[];
  setActive(accessKeyId: string, isActive: boolean): Promise<void>;
  revokeKey(accessKeyId: string): Promise<void>;
  /** Ends all keys of a user that goes, or all sessions of a role. */
  revokeKeysOf(ownerId: string): Promise<void>;
  /** Sets the new ARN of a user's keys. */
  renameUser(userId: string, arn: string): Promise<void>;
  /** A token with which a registered host gets its key, once. */
  newRegistration(host: RegisteredHost): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** The key of the host that a token is for; undefined when the token is not good. */
  redeemRegistration(token: string): Promise<(KeyPair & { readonly arn: string }) | undefined>;
  /** Ends what the registration of an on-premises instance, by its ARN, has given. */
  readonly endRegistration: (instance: string) => Promise<void>;
  /** Binds keys of hosts that an earlier version has given to the registrations that their ARNs have now, and ends the others. */
  bindEarlierKeys(instanceOf: (arn: string) => string | undefined): Promise<void>;
  /** Seals other secrets of this house as the keys are. */
  readonly vault: Pick<Vault, "seal" | "open">;
  /** The log of what everybody has changed. */
  readonly audit: AuditLog;
  /** Has the files of the keys and of the audit log stay as they are until the returned function is called. */
  freeze(): () => void;
  close(): void;
}

/** How long a host's key lives, in milliseconds: AWS's instance credentials live about six hours. */
const hostKeyLifetime = 6 * 3_600_000;
const renewBefore = 3_600_000;

/** What identities are kept in. */
export interface IdentityParts {
  readonly administrator: KeyPair;
  readonly keys: KeyStore;
  readonly audit: AuditLog;
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Opens the identities of a data folder; the first time makes the administrator's key, in a file that only this user may read. */
export async function openIdentities(options: {
  readonly dataFolder: string;
  readonly accountId: string;
  readonly clock: () => number;
}): Promise<Identities> {
  const { dataFolder, accountId, clock } = options;
  const administrator = administratorKey(dataFolder);
  const keys = await openKeyStore(dataFolder);
  const audit = openAuditLog(dataFolder, keys.derivedKey("audit log"));
  return identitiesOn({ administrator, keys, audit, accountId, clock });
}

/** All identities, on what they are kept in. */
export function identitiesOn({ administrator, keys, audit, accountId, clock }: IdentityParts): Identities {
  const userId = administrator.accessKeyId.replace(/^AKIA/, "AIDA");
  const codedeploy = "codedeploy.amazonaws.com";
  const controlPlane = {
    ...newPair("AKIA"),
    principal: { accountId, arn: codedeploy, userId: controlPlaneId, service: codedeploy },
  };
  const services = new Map<string, FoundKey>([[controlPlane.accessKeyId, { ...controlPlane, isAdministrator: true }]]);
  return {
    administrator: () => administrator,
    controlPlane: () => controlPlane,
    find(id) {
      if (id === administrator.accessKeyId)
        return {
          ...administrator,
          principal: { accountId, arn: administratorArn(accountId), userId },
          isAdministrator: true,
        };
      const stored = keys.find(id);
      return stored === undefined ? services.get(id) : found(stored, { accountId, administratorId: userId });
    },
    issueForHost: (host, arn, roleId) => issueForHost(keys, { host, arn, roleId, now: clock() }),
    revokeHost: async (host) => void (await keys.write(() => keys.removeHost(host))),
    issueForService(service) {
      const issued = [...services.values()].find(({ principal }) => principal.userId === service);
      const principal = { accountId, arn: service, userId: service, service };
      const key = issued ?? { ...newPair("AKIA"), principal, isAdministrator: false };
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
    revokeKeysOf: async (owner) => void (await keys.write(() => keys.removeOf(owner))),
    renameUser: async (user, arn) => void (await keys.write(() => keys.rename(user, arn))),
    ...registrations(keys, clock, () => newPair("AKIA")),
    vault: keys.vault,
    audit,
    freeze() {
      const release = [keys.freeze(), audit.freeze()];
      return () => release.forEach((go) => go());
    },
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
function found(
  { isActive, arn, userId, host, policies, ...key }: StoredKey,
  { accountId, administratorId }: { readonly accountId: string; readonly administratorId: string },
): FoundKey | undefined {
  if (!isActive) return undefined;
  const isNobodysHost = host === undefined && key.instance === undefined;
  return {
    ...key,
    principal: { accountId, arn, userId, host },
    // Sessions alone have the id: only the administrator's own key can ask for one.
    isAdministrator: userId === administratorId && isSession(key) && isNobodysHost,
    sessionPolicies: policies,
  };
}

function issueForHost(
  keys: KeyStore,
  host: { readonly host: string; readonly arn: string; readonly roleId?: string | undefined; readonly now: number },
): Promise<SessionCredentials> {
  const { now, roleId, ...whose } = host;
  return keys.write(() => {
    const last = keys.ofHost(host.host, now + renewBefore);
    // A host whose role has changed gets a key for the new one, also when it has the old one's name.
    const isSame = last !== undefined && last.userId === hostUserId(last.accessKeyId, host.arn, roleId);
    if (isSame && last.arn === host.arn && isSession(last)) return last;
    return addSession(keys, { ...whose, roleId, userId: "", now, milliseconds: hostKeyLifetime });
  });
}

const isSession = <Key extends Pick<StoredKey, "accessKeyId" | "secretAccessKey" | "sessionToken" | "expiresAt">>(
  key: Key,
): key is Key & SessionCredentials => key.sessionToken !== undefined && key.expiresAt !== undefined;

function addSession(
  keys: KeyStore,
  session: {
    readonly arn: string;
    readonly userId: string;
    readonly host?: string | undefined;
    /** Of a host's session: the unique id of its role. */
    readonly roleId?: string | undefined;
    readonly policies?: readonly string[] | undefined;
    readonly now: number;
    readonly milliseconds: number;
  },
): SessionCredentials {
  const { now, milliseconds, roleId, ...whose } = session;
  keys.removeExpired(now);
  const pair = newPair("ASIA");
  const credentials = { ...pair, sessionToken: newSecret() + newSecret(), expiresAt: now + milliseconds };
  const userId = whose.userId === "" ? hostUserId(pair.accessKeyId, whose.arn, roleId) : whose.userId;
  keys.add({ ...credentials, ...whose, userId, createdAt: now, isActive: true });
  return credentials;
}
