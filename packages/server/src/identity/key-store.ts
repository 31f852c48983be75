import { type Database, openDatabase, type Tables } from "../store/database.ts";
import { registeredHosts } from "./registered-hosts.ts";
import { openVault, type Vault } from "./vault.ts";

/** A key and whose it is. */
export interface StoredKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** Milliseconds since the epoch, as all times here. */
  readonly createdAt: number;
  readonly expiresAt?: number | undefined;
  readonly isActive: boolean;
  readonly arn: string;
  readonly userId: string;
  /** Set on a host's own key. */
  readonly host?: string | undefined;
  /** Set on the key of a host outside the cloud: the ARN of the on-premises instance that it was registered as, which no later registration has. */
  readonly instance?: string | undefined;
  /** Policies, as documents, that narrow a session. */
  readonly policies?: readonly string[] | undefined;
}

const schema = `CREATE TABLE IF NOT EXISTS access_keys (
  access_key_id TEXT PRIMARY KEY, sealed BLOB NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, is_active INTEGER NOT NULL,
  arn TEXT NOT NULL, user_id TEXT NOT NULL, host TEXT, policies TEXT, instance TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS access_keys_by_user ON access_keys (user_id);
CREATE INDEX IF NOT EXISTS access_keys_by_host ON access_keys (host, expires_at) WHERE host IS NOT NULL;
CREATE TABLE IF NOT EXISTS host_registrations (hash TEXT PRIMARY KEY, arn TEXT NOT NULL, instance TEXT NOT NULL UNIQUE, expires_at INTEGER NOT NULL) STRICT;
PRAGMA secure_delete = ON;`;

const upgrades: readonly string[] = [
  // Tokens of earlier versions do not name their registration: those that wait for one have to be requested again.
  `ALTER TABLE access_keys ADD COLUMN instance TEXT;
DROP TABLE IF EXISTS registration_tokens`,
];

/** The tables of keys. */
export const keyTables: Tables = { schema, upgrades };

interface Row {
  readonly access_key_id: string;
  readonly sealed: Uint8Array;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly is_active: number;
  readonly arn: string;
  readonly user_id: string;
  readonly host: string | null;
  readonly policies: string | null;
  readonly instance: string | null;
}

/** Opens the keys of a data folder. Their secrets are sealed; their owners are not. */
export async function openKeyStore(dataFolder: string): Promise<KeyStore> {
  const db = openDatabase(dataFolder, "identities.sqlite", keyTables);
  const isInUse = db.get("SELECT 1 FROM access_keys LIMIT 1") !== undefined;
  const keys = keyStoreOn(db, openVault(dataFolder, { isInUse }));
  await sealOldKeys(db, keys.add);
  return keys;
}

/** The keys on a database that has their tables. */
export function keyStoreOn(db: Database, vault: Vault) {
  const fromRow = (row: Row) => opened(row, vault);
  return {
    add: (key: StoredKey) =>
      void db.run("INSERT INTO access_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ...sealed(key, vault)),
    find(accessKeyId: string): StoredKey | undefined {
      const row = db.get<Row>("SELECT * FROM access_keys WHERE access_key_id = ?", accessKeyId);
      return row && fromRow(row);
    },
    /** The key of a host that lives longest, if it lives longer than until then. */
    ofHost(host: string, livesUntil: number): StoredKey | undefined {
      const row = db.get<Row>(
        "SELECT * FROM access_keys WHERE host = ? AND expires_at > ? ORDER BY expires_at DESC",
        host,
        livesUntil,
      );
      return row && fromRow(row);
    },
    /** Long-lived keys of a user, oldest first. */
    ofUser: (userId: string) =>
      db
        .all<Row>(
          "SELECT * FROM access_keys WHERE user_id = ? AND expires_at IS NULL ORDER BY created_at, access_key_id",
          userId,
        )
        .map((row) => ({ accessKeyId: row.access_key_id, createdAt: row.created_at, isActive: row.is_active === 1 })),
    setActive: (accessKeyId: string, isActive: boolean) =>
      db.run("UPDATE access_keys SET is_active = ? WHERE access_key_id = ?", isActive ? 1 : 0, accessKeyId),
    rename: (userId: string, arn: string) => db.run("UPDATE access_keys SET arn = ? WHERE user_id = ?", arn, userId),
    remove: (accessKeyId: string) => db.run("DELETE FROM access_keys WHERE access_key_id = ?", accessKeyId),
    /** Ends all keys of a user, or all sessions of a role: those have the role's id with a name behind it. */
    removeOf: (ownerId: string) =>
      db.run("DELETE FROM access_keys WHERE user_id = ?1 OR (user_id >= ?1 || ':' AND user_id < ?1 || ';')", ownerId),
    ...registeredHosts(db),
    removeHost: (host: string) => db.run("DELETE FROM access_keys WHERE host = ?", host),
    removeExpired: (now: number) => db.run("DELETE FROM access_keys WHERE expires_at < ?", now),
    /** A key made from the vault's, for another purpose. */
    derivedKey: (purpose: string) => vault.derivedKey(purpose),
    vault,
    write: <Result>(work: () => Result): Promise<Result> => db.write(work),
    /** Has the file stay as it is until the returned function is called. */
    freeze: (): (() => void) => db.freeze(),
    close: () => db.close(),
  };
}

function opened(row: Row, vault: Vault): StoredKey {
  const secrets = JSON.parse(vault.open(row.sealed, row.access_key_id)) as readonly [string, string?]; // written by `sealed`
  return {
    accessKeyId: row.access_key_id,
    secretAccessKey: secrets[0],
    sessionToken: secrets[1],
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    isActive: row.is_active === 1,
    arn: row.arn,
    userId: row.user_id,
    host: row.host ?? undefined,
    policies: row.policies === null ? undefined : (JSON.parse(row.policies) as readonly string[]), // written by `sealed`
    instance: row.instance ?? undefined,
  };
}

/** A key's columns, in the table's order. */
function sealed(key: StoredKey, vault: Vault) {
  const { accessKeyId, secretAccessKey, sessionToken, policies } = key;
  const secrets = JSON.stringify(sessionToken === undefined ? [secretAccessKey] : [secretAccessKey, sessionToken]);
  return [
    accessKeyId,
    vault.seal(secrets, accessKeyId),
    key.createdAt,
    key.expiresAt ?? null,
    key.isActive ? 1 : 0,
    key.arn,
    key.userId,
    key.host ?? null,
    policies === undefined ? null : JSON.stringify(policies),
    key.instance ?? null,
  ] as const;
}

/** Where keys are kept. */
export type KeyStore = ReturnType<typeof keyStoreOn>;

interface OldRow {
  readonly access_key_id: string;
  readonly secret: string;
  readonly session_token: string;
  readonly expires_at: number;
  readonly host: string;
  readonly arn: string;
}

/** Folders of earlier versions have hosts' keys in plain text: they are sealed, and their traces overwritten. */
async function sealOldKeys(db: Database, add: (key: StoredKey) => void): Promise<void> {
  if (db.get("SELECT 1 FROM sqlite_master WHERE name = 'host_keys'") === undefined) return;
  await db.write(() => {
    for (const row of db.all<OldRow>("SELECT * FROM host_keys"))
      add({
        accessKeyId: row.access_key_id,
        secretAccessKey: row.secret,
        sessionToken: row.session_token,
        createdAt: row.expires_at,
        expiresAt: row.expires_at,
        isActive: true,
        arn: row.arn,
        userId: hostUserId(row.access_key_id, row.arn),
        host: row.host,
      });
    db.run("DROP TABLE host_keys");
  });
  db.get("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** The unique id of a host that acts for a role; without the role's own id, one that no role has. */
export const hostUserId = (accessKeyId: string, arn: string, roleId = `AROA${accessKeyId.slice(4)}`): string =>
  `${roleId}:${arn.split("/").at(-1)}`;
