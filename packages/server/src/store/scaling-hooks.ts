import type { Database } from "./database.ts";

/** A lifecycle hook that a deployment group has on an Auto Scaling group. */
export interface ScalingHook {
  readonly groupId: string;
  readonly scalingGroup: string;
  readonly transition: "launch" | "termination";
  readonly name: string;
}

/** The result of a lifecycle action: a deployment, or the reason why there is none. */
export interface ActionRecord {
  readonly groupId: string;
  readonly instance: string;
  readonly transition: ScalingHook["transition"];
  readonly deploymentId?: string | undefined;
  readonly note?: string | undefined;
  readonly at: number;
}

interface HookRow {
  readonly group_id: string;
  readonly scaling_group: string;
  readonly transition: ScalingHook["transition"];
  readonly name: string;
}

interface ActionRow {
  readonly group_id: string;
  readonly instance: string;
  readonly transition: ScalingHook["transition"];
  readonly deployment_id: string | null;
  readonly note: string | null;
  readonly at: number;
}

const hookColumns = "group_id, scaling_group, transition, name";

const fromHookRow = (row: HookRow): ScalingHook => ({
  groupId: row.group_id,
  scalingGroup: row.scaling_group,
  transition: row.transition,
  name: row.name,
});

/** Hooks of deployment groups on Auto Scaling groups, and the results of their lifecycle actions. */
export function scalingHooks(db: Database) {
  return {
    all: (): readonly ScalingHook[] => db.all<HookRow>(`SELECT ${hookColumns} FROM scaling_hooks`).map(fromHookRow),
    of: (groupId: string): readonly ScalingHook[] =>
      db
        .all<HookRow>(`SELECT ${hookColumns} FROM scaling_hooks WHERE group_id = ? ORDER BY scaling_group`, groupId)
        .map(fromHookRow),
    add: ({ groupId, scalingGroup, transition, name }: ScalingHook): number =>
      db.run("INSERT OR REPLACE INTO scaling_hooks VALUES (?, ?, ?, ?)", groupId, scalingGroup, transition, name),
    remove: ({ groupId, scalingGroup, transition }: ScalingHook): number =>
      db.run(
        "DELETE FROM scaling_hooks WHERE group_id = ? AND scaling_group = ? AND transition = ?",
        groupId,
        scalingGroup,
        transition,
      ),
    /** Returns the actions of a group, newest first. */
    actions: (groupId: string, most: number): readonly ActionRecord[] =>
      db
        .all<ActionRow>("SELECT * FROM lifecycle_actions WHERE group_id = ? ORDER BY at DESC LIMIT ?", groupId, most)
        .map(fromActionRow),
    putAction: ({ groupId, instance, transition, deploymentId, note, at }: ActionRecord): number =>
      db.run(
        "INSERT OR REPLACE INTO lifecycle_actions VALUES (?, ?, ?, ?, ?, ?)",
        groupId,
        instance,
        transition,
        deploymentId ?? null,
        note ?? null,
        at,
      ),
  };
}

const fromActionRow = (row: ActionRow): ActionRecord => ({
  groupId: row.group_id,
  instance: row.instance,
  transition: row.transition,
  at: row.at,
  deploymentId: row.deployment_id ?? undefined,
  note: row.note ?? undefined,
});
