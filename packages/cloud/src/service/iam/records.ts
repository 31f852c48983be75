import type { CloudDatabase } from "../../store/database.ts";

/** A tag in the form of IAM's responses. */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

interface Entity {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly tags: readonly Tag[];
}

/** Something that has policies: a user, a group or a role. */
export interface PolicyOwner extends Entity {
  /** Inline policies by name, as they were given. */
  readonly inline: Readonly<Record<string, string>>;
  /** ARNs of managed policies. */
  readonly attached: readonly string[];
}

/** A user or a role: something that can act. */
export interface Principal extends PolicyOwner {
  /** ARN of the managed policy that is its permissions boundary. */
  readonly boundary?: string | undefined;
}

/** A user. Its keys are stored with all other keys. */
export interface User extends Principal {
  /** Names of its groups. */
  readonly groups?: readonly string[] | undefined;
}

/** A group: permissions that several users share. */
export interface Group extends PolicyOwner {
  /** Boundaries are set on users, not on groups. */
  readonly boundary?: never;
}

/** A role. */
export interface Role extends Principal {
  readonly trust: string;
  /** The unique ids of the users and roles that the trust policy names by ARN, as they were when it was written: whoever gets such a name later is not trusted. */
  readonly trustedIds?: Readonly<Record<string, string>> | undefined;
  readonly description?: string | undefined;
  readonly sessionSecondsMax: number;
}

/** An instance profile: what gives instances a role. */
export interface Profile extends Entity {
  readonly roleName?: string | undefined;
}

/** An uploaded certificate. Its private key is in a file of its own. */
export interface ServerCertificate extends Entity {
  /** In PEM, as the chain. */
  readonly body: string;
  readonly chain?: string | undefined;
  readonly expiresAt: number;
}

/** A managed policy of this account, or one of AWS's. */
export interface ManagedPolicy extends Entity {
  readonly description?: string | undefined;
  readonly updatedAt: number;
  readonly defaultVersion: string;
  readonly versions: readonly PolicyVersion[];
  /** The last number given to a version: numbers are not used twice. */
  readonly versionsMade: number;
}

/** A version of a managed policy. */
export interface PolicyVersion {
  readonly id: string;
  readonly document: string;
  readonly createdAt: number;
}

interface Kinds {
  readonly user: User;
  readonly group: Group;
  readonly role: Role;
  readonly profile: Profile;
  readonly policy: ManagedPolicy;
  readonly certificate: ServerCertificate;
}

/** Opens IAM's records: one of each kind for a name. Names are compared without regard to case. */
export function iamRecords(db: CloudDatabase) {
  const key = (name: string) => name.toLowerCase();
  return {
    find<Kind extends keyof Kinds>(kind: Kind, name: string): Kinds[Kind] | undefined {
      const row = db.get<{ record: string }>("SELECT record FROM iam WHERE kind = ? AND name = ?", kind, key(name));
      return row && (JSON.parse(row.record) as Kinds[Kind]); // written by `put`
    },
    all: <Kind extends keyof Kinds>(kind: Kind): readonly Kinds[Kind][] =>
      db
        .all<{ record: string }>("SELECT record FROM iam WHERE kind = ? ORDER BY name", kind)
        .map(({ record }) => JSON.parse(record) as Kinds[Kind]), // written by `put`
    put<Kind extends keyof Kinds>(kind: Kind, record: Kinds[Kind]): void {
      db.run(
        "INSERT INTO iam VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record",
        kind,
        key(record.name),
        JSON.stringify(record),
      );
    },
    remove: (kind: keyof Kinds, name: string): number =>
      db.run("DELETE FROM iam WHERE kind = ? AND name = ?", kind, key(name)),
  };
}

/** IAM's records. */
export type IamRecords = ReturnType<typeof iamRecords>;
