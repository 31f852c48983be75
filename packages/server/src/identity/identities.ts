import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AccessKey, AccessKeys, Principal } from "@sluice/aws-protocol";
import { newAccessKeyId, newSecret } from "../random.ts";
import { Database } from "../store/database.ts";

/** A pair to sign requests with. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A host's own key, for a limited time. */
export interface HostCredentials extends KeyPair {
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Everybody who may sign requests. */
export interface Identities extends AccessKeys {
  administrator(): KeyPair;
  /** A key that may act as this host alone. The last one is given again until an hour before it expires. */
  issueForHost(host: string, arn: string): Promise<HostCredentials>;
  revokeHost(host: string): Promise<void>;
  close(): void;
}

/** How long a host's key lives, in milliseconds: AWS's instance credentials live about six hours. */
const hostKeyLifetime = 6 * 3_600_000;
const renewBefore = 3_600_000;

const schema = `CREATE TABLE IF NOT EXISTS host_keys (
  access_key_id TEXT PRIMARY KEY, secret TEXT NOT NULL, session_token TEXT NOT NULL, expires_at INTEGER NOT NULL, host TEXT NOT NULL, arn TEXT NOT NULL
) STRICT; CREATE INDEX IF NOT EXISTS host_keys_by_host ON host_keys (host, expires_at);`;

interface HostKeyRow {
  readonly access_key_id: string;
  readonly secret: string;
  readonly session_token: string;
  readonly expires_at: number;
  readonly host: string;
  readonly arn: string;
}

/** Opens the identities of a data folder; the first time makes the administrator's key, in a file that only this user may read. */
export async function openIdentities(options: {
  readonly dataFolder: string;
  readonly accountId: string;
  readonly clock: () => number;
}): Promise<Identities> {
  const { dataFolder, accountId, clock } = options;
  const db = new Database(dataFolder, "identities.sqlite", schema);
  const administrator = administratorKey(dataFolder);
  const principal: Principal = {
    accountId,
    arn: `arn:aws:iam::${accountId}:user/administrator`,
    userId: administrator.accessKeyId.replace(/^AKIA/, "AIDA"),
  };
  return {
    administrator: () => administrator,
    find: (id) => (id === administrator.accessKeyId ? { ...administrator, principal } : hostKey(db, id, accountId)),
    issueForHost: (host, arn) => issue(db, { host, arn, now: clock() }),
    revokeHost: async (host) => void (await db.write(() => db.run("DELETE FROM host_keys WHERE host = ?", host))),
    close: () => db.close(),
  };
}

function administratorKey(dataFolder: string): KeyPair {
  const file = join(dataFolder, "credentials");
  if (!existsSync(file)) {
    const pair: KeyPair = { accessKeyId: newAccessKeyId("AKIA"), secretAccessKey: newSecret() };
    const text = `[default]\naws_access_key_id = ${pair.accessKeyId}\naws_secret_access_key = ${pair.secretAccessKey}\n`;
    writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  const text = readFileSync(file, "utf8");
  const value = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\S+)`, "m").exec(text)?.[1];
  const [accessKeyId, secretAccessKey] = [value("aws_access_key_id"), value("aws_secret_access_key")];
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error(
      `Cannot read the administrator's key: "${file}" must have the lines aws_access_key_id and aws_secret_access_key. Delete it to get a new key`,
    );
  return { accessKeyId, secretAccessKey };
}

function hostKey(db: Database, accessKeyId: string, accountId: string): AccessKey | undefined {
  const row = db.get<HostKeyRow>("SELECT * FROM host_keys WHERE access_key_id = ?", accessKeyId);
  if (row === undefined) return undefined;
  const principal: Principal = {
    accountId,
    arn: row.arn,
    userId: `AROA${row.access_key_id.slice(4)}:${row.arn.split("/").at(-1)}`,
    host: row.host,
  };
  return { ...credentials(row), principal };
}

const credentials = (row: HostKeyRow): HostCredentials => ({
  accessKeyId: row.access_key_id,
  secretAccessKey: row.secret,
  sessionToken: row.session_token,
  expiresAt: row.expires_at,
});

function issue(db: Database, { host, arn, now }: { host: string; arn: string; now: number }): Promise<HostCredentials> {
  return db.write(() => {
    const found = db.get<HostKeyRow>(
      "SELECT * FROM host_keys WHERE host = ? AND expires_at > ? ORDER BY expires_at DESC",
      host,
      now + renewBefore,
    );
    if (found !== undefined) return credentials(found);
    db.run("DELETE FROM host_keys WHERE expires_at < ?", now);
    const row: HostKeyRow = {
      access_key_id: newAccessKeyId("ASIA"),
      secret: newSecret(),
      session_token: newSecret() + newSecret(),
      expires_at: now + hostKeyLifetime,
      host,
      arn,
    };
    db.run(
      "INSERT INTO host_keys VALUES (?, ?, ?, ?, ?, ?)",
      row.access_key_id,
      row.secret,
      row.session_token,
      row.expires_at,
      row.host,
      row.arn,
    );
    return credentials(row);
  });
}
