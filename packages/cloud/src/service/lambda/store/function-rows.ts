import type {
  Architecture,
  DeadLetterConfig,
  EphemeralStorage,
  LoggingConfig,
  TracingMode,
} from "@aws-sdk/client-lambda";
import { Fault } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../../store/database.ts";
import { arnOf, isVersion, latest } from "../names.ts";

/** A version of a function, `$LATEST` included. A number's record never changes. */
export interface VersionRecord {
  readonly runtime: string;
  readonly handler: string;
  readonly role: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly architecture: Architecture;
  readonly ephemeralStorage: EphemeralStorage;
  readonly tracing: TracingMode;
  readonly deadLetter?: DeadLetterConfig | undefined;
  readonly logging?: LoggingConfig | undefined;
  /** SHA-256 of the archive, in hex: the name under which the code store keeps it. */
  readonly code: string;
  readonly codeBytes: number;
  readonly modifiedAt: number;
  readonly revisionId: string;
}

/** An alias: a name for a version, or for two of them by weight. */
export interface AliasRecord {
  readonly version: string;
  readonly description: string;
  /** Shares of calls from 0 to 1 for versions beside the alias's own. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}

/** A function's own row. */
export interface FunctionRow {
  readonly name: string;
  readonly versions_published: number;
  readonly reserved: number | null;
  /** JSON of a record of texts. */
  readonly tags: string;
}

/** The store, and the parts of ARNs. */
interface Place {
  readonly db: CloudDatabase;
  readonly region: string;
  readonly accountId: string;
}

/** Returns the function of a name; throws a Fault when there is none. */
export function functionOf(place: Place, name: string): FunctionRow {
  const row = place.db.get<FunctionRow>("SELECT * FROM functions WHERE name = ?", name);
  if (row === undefined) throw notFound(place, name);
  return row;
}

/** Returns the tags of a function; none of one that is not there. */
export function functionTags({ db }: Pick<Place, "db">, name: string): Readonly<Record<string, string>> {
  const row = db.get<FunctionRow>("SELECT * FROM functions WHERE name = ?", name);
  return row === undefined ? {} : (JSON.parse(row.tags) as Readonly<Record<string, string>>); // written by CreateFunction and TagResource
}

/** Returns a version of a function; throws a Fault when there is none. */
export function versionOf(place: Place, name: string, version: string): VersionRecord {
  const found = findVersion(place, name, version);
  if (found === undefined) throw notFound(place, name, version === latest ? undefined : version);
  return found;
}

/** Returns a version of a function, or undefined. */
export function findVersion({ db }: Place, name: string, version: string): VersionRecord | undefined {
  const row = db.get<{ record: string }>(
    "SELECT record FROM function_versions WHERE function = ? AND version = ?",
    name,
    version,
  );
  return row === undefined ? undefined : (JSON.parse(row.record) as VersionRecord); // written by putVersion
}

/** Returns all versions of a function, `$LATEST` first. */
export function versionsOf({ db }: Place, name: string): readonly (readonly [string, VersionRecord])[] {
  return db
    .all<{ version: string; record: string }>(
      "SELECT version, record FROM function_versions WHERE function = ? ORDER BY CAST(version AS INTEGER)",
      name,
    )
    .map(({ version, record }) => [version, JSON.parse(record) as VersionRecord] as const); // written by putVersion
}

/** Stores a version. */
export function putVersion({ db }: Place, name: string, version: string, record: VersionRecord): void {
  db.run(
    "INSERT INTO function_versions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET code = excluded.code, record = excluded.record",
    name,
    version,
    record.code,
    JSON.stringify(record),
  );
}

/** Returns an alias of a function, or undefined. */
export function findAlias({ db }: Place, name: string, alias: string): AliasRecord | undefined {
  const row = db.get<{ record: string }>(
    "SELECT record FROM function_aliases WHERE function = ? AND name = ?",
    name,
    alias,
  );
  return row === undefined ? undefined : (JSON.parse(row.record) as AliasRecord); // written by putAlias
}

/** Returns an alias of a function; throws a Fault when there is none. */
export function aliasOf(place: Place, name: string, alias: string): AliasRecord {
  const found = findAlias(place, name, alias);
  if (found === undefined)
    throw new Fault("ResourceNotFoundException", `Cannot find alias arn: ${arnOf(place, name, alias)}`);
  return found;
}

/** Returns all aliases of a function by name. */
export function aliasesOf({ db }: Place, name: string): readonly (readonly [string, AliasRecord])[] {
  return db
    .all<{ name: string; record: string }>(
      "SELECT name, record FROM function_aliases WHERE function = ? ORDER BY name",
      name,
    )
    .map((row) => [row.name, JSON.parse(row.record) as AliasRecord] as const); // written by putAlias
}

/** Stores an alias. */
export function putAlias({ db }: Place, name: string, alias: string, record: AliasRecord): void {
  db.run(
    "INSERT INTO function_aliases VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record",
    name,
    alias,
    JSON.stringify(record),
  );
}

/** Returns the versions that a qualifier leads to, with their shares of calls: one, or an alias's two. */
export function sharesOf(place: Place, name: string, qualifier: string): ReadonlyMap<string, number> {
  if (isVersion(qualifier)) return new Map([[qualifier, 1]]);
  const alias = findAlias(place, name, qualifier);
  if (alias === undefined) throw notFound(place, name, qualifier);
  const others = Object.entries(alias.weights);
  const rest = others.reduce((left, [, weight]) => left - weight, 1);
  return new Map([...others, [alias.version, rest]]);
}

/** Further ARNs of what a qualifier leads to: what is not published yet has two, with a qualifier and without, and an alias has those of its versions. */
export function sameAs(place: Place, name: string, qualifier: string | undefined): readonly string[] {
  if (qualifier === undefined || qualifier === latest)
    return [arnOf(place, name, qualifier === undefined ? latest : undefined)];
  if (isVersion(qualifier)) return [];
  const alias = findAlias(place, name, qualifier);
  const versions = alias === undefined ? [] : [alias.version, ...Object.keys(alias.weights)];
  return versions.map((version) => arnOf(place, name, version));
}

/** AWS's answer when a function, or a version or alias of it, is not there. */
function notFound(place: Place, name: string, qualifier?: string): Fault {
  return new Fault("ResourceNotFoundException", `Function not found: ${arnOf(place, name, qualifier)}`, {
    status: 404,
  });
}

/** The kinds of settings that are kept for a function's qualifier. */
type SettingKind = "policy" | "provisioned" | "event invoke";

/** Returns a setting of a function's qualifier, or undefined. */
export function findSetting<Setting>(
  { db }: Pick<Place, "db">,
  { name, qualifier, kind }: { name: string; qualifier: string; kind: SettingKind },
): Setting | undefined {
  const row = db.get<{ record: string }>(
    "SELECT record FROM function_settings WHERE function = ? AND qualifier = ? AND kind = ?",
    name,
    qualifier,
    kind,
  );
  return row === undefined ? undefined : (JSON.parse(row.record) as Setting); // each kind has one writer
}

/** Stores a setting, or removes it when there is none any more. */
export function putSetting(
  { db }: Pick<Place, "db">,
  { name, qualifier, kind }: { name: string; qualifier: string; kind: SettingKind },
  setting: object | undefined,
): void {
  if (setting === undefined)
    db.run("DELETE FROM function_settings WHERE function = ? AND qualifier = ? AND kind = ?", name, qualifier, kind);
  else
    db.run(
      "INSERT INTO function_settings VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record",
      name,
      qualifier,
      kind,
      JSON.stringify(setting),
    );
}
