import type { Tag } from "@aws-sdk/client-codedeploy";
import type { Database } from "./database.ts";

/** An on-premises instance, registered or deregistered. */
export interface OnPremisesInstance {
  readonly name: string;
  readonly arn: string;
  /** As whom its host signs: a user, or a session of a role. Its agent identifies itself by the same ARN. */
  readonly identity: { readonly iamUserArn: string } | { readonly iamSessionArn: string };
  /**
   * The unique id that this user, or the role of this session, had at the registration; empty when there was none.
   * Undefined where there was no IAM.
   */
  readonly ownerId?: string | undefined;
  readonly registerTime: number;
  /** Present once it has been deregistered. */
  readonly deregisterTime?: number | undefined;
  /** A set of pairs: a key may occur with several values. */
  readonly tags: readonly Tag[];
}

interface Row {
  readonly name: string;
  readonly arn: string;
  readonly iam_arn: string;
  readonly is_session: number;
  readonly register_time: number;
  readonly deregister_time: number | null;
  readonly tags: string;
  readonly owner_id: string | null;
}

const fromRow = (row: Row): OnPremisesInstance => ({
  name: row.name,
  arn: row.arn,
  identity: row.is_session === 1 ? { iamSessionArn: row.iam_arn } : { iamUserArn: row.iam_arn },
  ownerId: row.owner_id ?? undefined,
  registerTime: row.register_time,
  deregisterTime: row.deregister_time ?? undefined,
  tags: JSON.parse(row.tags) as Tag[], // written by `register` and `setTags`
});

/** The ARN that an instance's host signs as. */
export const iamArnOf = ({ identity }: Pick<OnPremisesInstance, "identity">): string =>
  "iamUserArn" in identity ? identity.iamUserArn : identity.iamSessionArn;

/** On-premises instances by name, and by the identity of their hosts. */
export function onPremisesInstances(db: Database) {
  return {
    byName(name: string): OnPremisesInstance | undefined {
      const row = db.get<Row>("SELECT * FROM on_premises_instances WHERE name = ?", name);
      return row && fromRow(row);
    },
    /** Returns the registered instance whose host signs as this user or session: this is how a host is recognized. */
    registeredAs(iamArn: string): OnPremisesInstance | undefined {
      const row = db.get<Row>(
        "SELECT * FROM on_premises_instances WHERE iam_arn = ? AND deregister_time IS NULL",
        iamArn,
      );
      return row && fromRow(row);
    },
    all: (): readonly OnPremisesInstance[] =>
      db.all<Row>("SELECT * FROM on_premises_instances ORDER BY name").map(fromRow),
    /** Registers an instance, in place of a deregistered one of the same name. */
    register(instance: OnPremisesInstance): void {
      const { name, arn, identity, ownerId = null, registerTime } = instance;
      db.run(
        "INSERT OR REPLACE INTO on_premises_instances VALUES (?, ?, ?, ?, ?, NULL, '[]', ?)",
        name,
        arn,
        iamArnOf(instance),
        "iamSessionArn" in identity ? 1 : 0,
        registerTime,
        ownerId,
      );
    },
    /** Records the owners of registrations by an earlier version, which did not record them. */
    bindOwners(ownerIdOf: (iamArn: string) => string): void {
      for (const { name, iam_arn } of db.all<Row>("SELECT * FROM on_premises_instances WHERE owner_id IS NULL"))
        db.run("UPDATE on_premises_instances SET owner_id = ? WHERE name = ?", ownerIdOf(iam_arn), name);
    },
    deregister: (name: string, at: number): number =>
      db.run(
        "UPDATE on_premises_instances SET deregister_time = ? WHERE name = ? AND deregister_time IS NULL",
        at,
        name,
      ),
    setTags: (name: string, tags: readonly Tag[]): number =>
      db.run("UPDATE on_premises_instances SET tags = ? WHERE name = ?", JSON.stringify(tags), name),
  };
}
