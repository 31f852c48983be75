import type { Database } from "./database.ts";

/** What a deployment group remembers of an instance of its Auto Scaling groups. */
export interface ScaledInstance {
  readonly groupId: string;
  readonly instance: string;
  /** The waiting state that has been handled; undefined when it does not wait. */
  readonly handledState?: string | undefined;
  /** Whether it has been in service since it was last in the warm pool. */
  readonly hasServed: boolean;
}

interface Row {
  readonly group_id: string;
  readonly instance: string;
  readonly handled_state: string | null;
  readonly has_served: number;
}

/**
 * Instances of Auto Scaling groups whose waits have been handled: with a warm pool an instance waits more than once,
 * and for different reasons.
 */
export function scaledInstances(db: Database) {
  return {
    of: (groupId: string): readonly ScaledInstance[] =>
      db.all<Row>("SELECT * FROM scaled_instance_states WHERE group_id = ?", groupId).map((row) => ({
        groupId: row.group_id,
        instance: row.instance,
        hasServed: row.has_served === 1,
        handledState: row.handled_state ?? undefined,
      })),
    put: ({ groupId, instance, handledState, hasServed }: ScaledInstance): number =>
      db.run(
        "INSERT OR REPLACE INTO scaled_instance_states VALUES (?, ?, ?, ?)",
        groupId,
        instance,
        handledState ?? null,
        hasServed ? 1 : 0,
      ),
    forget: ({ groupId, instance }: ScaledInstance): number =>
      db.run("DELETE FROM scaled_instance_states WHERE group_id = ? AND instance = ?", groupId, instance),
  };
}
