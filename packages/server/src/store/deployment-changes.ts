import assert from "node:assert/strict";
import type {
  Command,
  Deployment,
  Fleet,
  FleetLook,
  HostMemory,
  LifecycleEvent,
  LifecycleEventName,
  World,
} from "@sluice/engine";
import type { Database } from "./database.ts";
import type { DeploymentRecord } from "./deployments.ts";
import type { ObservedDeployments } from "./observed-deployments.ts";

/** A command that a host is to be given. */
export interface IssuedCommand {
  readonly id: string;
  readonly identifier: string;
  readonly targetId: string;
  readonly host: string;
  readonly event: LifecycleEventName;
}

/** What a pass over a deployment changes, all at once. */
export interface Commit {
  readonly before: World;
  readonly after: World;
  readonly version: number;
  readonly issued: readonly IssuedCommand[];
  /** What the group remembers of its hosts, once the deployment is over. */
  readonly memories: Readonly<Record<string, HostMemory<string>>>;
}

/** Changes of deployments and their targets. */
export function deploymentChanges(db: Database, observed: ObservedDeployments) {
  return {
    add({ id, applicationId, groupId, request, state }: Omit<DeploymentRecord, "version">): void {
      const { status, createTime } = state;
      db.run(
        "INSERT INTO deployments VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)",
        ...[id, applicationId, groupId, status, createTime, isFinal(status) ? 1 : 0],
        ...[JSON.stringify(request), JSON.stringify(state)],
      );
    },
    /** Adds what a person should know of a deployment that may be over. */
    addNote: (id: string, note: string): number =>
      db.run(
        "UPDATE deployments SET version = version + 1, state = json_insert(state, '$.notes[#]', ?) WHERE id = ?",
        note,
        id,
      ),
    /** Remembers why a deployment that has ended is not rolled back. */
    noteRollback: (id: string, message: string): number =>
      db.run("UPDATE deployments SET state = json_set(state, '$.rollbackMessage', ?) WHERE id = ?", message, id),
    noteFleet(id: string, which: FleetLook, fleet: Fleet): void {
      observed.dropFleets(id);
      if (db.run("UPDATE deployments SET version = version + 1 WHERE id = ? AND is_over = 0", id) === 0) return;
      db.run("INSERT OR REPLACE INTO fleets VALUES (?, ?, ?)", id, which, JSON.stringify(fleet));
    },
    /** Writes what a pass has made of a deployment. Call it in the transaction that has observed it. */
    commit(record: DeploymentRecord, change: Commit): void {
      commit(db, record, change);
      observed.remember(record.id, change.after.targets);
    },
  };
}

function commit(db: Database, record: DeploymentRecord, change: Commit): void {
  const { after, version, issued, memories } = change;
  const { status } = after.deployment;
  const moved = db.run(
    "UPDATE deployments SET status = ?, is_over = ?, version = version + 1, state = ? WHERE id = ? AND version = ?",
    ...[status, isFinal(status) ? 1 : 0, JSON.stringify(after.deployment), record.id, version],
  );
  assert.equal(moved, 1, `Deployment ${record.id} has moved since it was observed`);
  writeTargets(db, record.id, change);
  for (const { id, identifier, targetId, host, event } of issued)
    db.run(
      "INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
      id,
      identifier,
      record.id,
      targetId,
      host,
      event,
      after.now,
    );
  for (const [host, memory] of Object.entries(memories))
    db.run(
      "INSERT INTO host_memories VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET memory = excluded.memory",
      record.groupId,
      host,
      JSON.stringify(memory),
    );
}

const isFinal = (status: Deployment["status"]): boolean =>
  status === "Succeeded" || status === "Failed" || status === "Stopped";

/** Whether the host need not be given a command any more. */
const isPickedUp = ({ status }: LifecycleEvent, { acknowledgedAt }: Command): boolean =>
  acknowledgedAt !== undefined || (status !== "Pending" && status !== "InProgress");

function writeTargets(db: Database, deploymentId: string, { before, after }: Commit): void {
  const answered = new Set(before.answers.map(({ commandId }) => commandId)); // these are closed since their answers came
  for (const [position, target] of after.targets.entries()) {
    if (before.targets[position] === target) continue;
    db.run(
      "INSERT INTO targets VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET target = excluded.target",
      ...[deploymentId, position, target.id, target.hostIdentifier, JSON.stringify(target)],
    );
    const known = before.targets[position]?.events;
    for (const [index, event] of target.events.entries())
      if (event !== known?.[index] && event.command !== undefined && isPickedUp(event, event.command))
        if (!answered.has(event.command.id))
          db.run("UPDATE commands SET is_open = 0 WHERE id = ? AND is_open = 1", event.command.id);
  }
  const left = new Set(after.answers);
  for (const answer of before.answers)
    if (!left.has(answer))
      db.run("UPDATE answers SET is_new = 0 WHERE command_id = ? AND kind = ?", answer.commandId, answer.kind);
}
