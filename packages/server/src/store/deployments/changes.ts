import assert from "node:assert/strict";
import {
  type Fleet,
  type FleetQuery,
  type HostMemory,
  isOver,
  type LifecycleEvent,
  type Target,
  type World,
} from "@sluice/engine";
import type { Reports } from "./reports.ts";
import type { Database } from "../database.ts";
import type { EventLog } from "../event-log.ts";
import type { DeploymentRecord } from "./records.ts";
import type { DeploymentCache } from "./cache.ts";
import type { Outbox } from "./outbox.ts";

/** What a pass over a deployment changes, in one commit. */
export interface Commit {
  readonly before: World;
  readonly after: World;
  readonly version: number;
  /** What the group remembers of its hosts, when the deployment has ended. */
  readonly memories: Readonly<Record<string, HostMemory<string>>>;
}

/** Changes of deployments and their targets. */
export function deploymentChanges(
  db: Database,
  { cache, reports, outbox, events }: { cache: DeploymentCache; reports: Reports; outbox: Outbox; events: EventLog },
) {
  return {
    /** Adds a deployment. `actor` is the ARN of who asks for it; undefined when the service makes it by itself. */
    add({ id, applicationId, groupId, request, state }: Omit<DeploymentRecord, "version">, actor?: string): void {
      const { status, createTime } = state;
      db.run(
        "INSERT INTO deployments VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)",
        id,
        applicationId,
        groupId,
        status,
        createTime,
        isOver({ status }) ? 1 : 0,
        JSON.stringify(request),
        JSON.stringify(state),
      );
      const because = state.error?.message ?? request.rollbackOf?.message ?? originOf(request);
      const detail = { creator: request.creator };
      const event = { kind: "deployment", to: status, because, actor: actor ?? "service", detail } as const;
      events.append({ at: createTime, deploymentId: id, ...event });
    },
    /** Adds a message for people to a deployment, also to one that is over. `at`: milliseconds since the epoch. */
    addNote(id: string, note: string, at: number): void {
      db.run(
        "UPDATE deployments SET version = version + 1, state = json_insert(state, '$.notes[#]', ?) WHERE id = ?",
        note,
        id,
      );
      events.append({ at, kind: "note", deploymentId: id, because: note, actor: "service" });
    },
    /** Records why a deployment that has ended is not rolled back. */
    setRollbackMessage(id: string, message: string, at: number): void {
      db.run("UPDATE deployments SET state = json_set(state, '$.rollbackMessage', ?) WHERE id = ?", message, id);
      events.append({ at, kind: "note", deploymentId: id, because: message, actor: "service" });
    },
    setFleet(id: string, which: FleetQuery, fleet: Fleet, at: number): void {
      cache.dropFleets(id);
      if (db.run("UPDATE deployments SET version = version + 1 WHERE id = ? AND is_over = 0", id) === 0) return;
      db.run("INSERT OR REPLACE INTO fleets VALUES (?, ?, ?)", id, which, JSON.stringify(fleet));
      const isFound = "found" in fleet;
      const because = isFound ? hostsInWords(fleet.found.length) : fleet.error.message;
      const found = { event: which, to: isFound ? "Succeeded" : "Failed", because, actor: "gateway" };
      events.append({ at, kind: "fleet", deploymentId: id, ...found });
    },
    /** Writes the result of a pass. Must be called in the transaction that has observed the deployment. */
    commit(record: DeploymentRecord, change: Commit): void {
      const left = new Set(change.after.reports);
      for (const report of change.before.reports) if (!left.has(report)) reports.settle(record.id, report);
      writeDeployment(db, record, change);
      for (const target of writeTargets(db, record.id, change)) outbox.update(record.id, target);
      writeMemories(db, record, change);
      cache.remember(record.id, change.after.targets);
    },
  };
}

const originOf = ({ creator, follows, retries }: DeploymentRecord["request"]): string =>
  retries === undefined ? creatorInWords(creator, follows) : `somebody asks to try ${retries} again`;

const creatorInWords = (creator: string, follows: string | undefined): string =>
  creator === "user"
    ? "somebody asks for it"
    : follows === undefined
      ? `${creator} asks for it`
      : `it follows ${follows}`;

const hostsInWords = (count: number): string => (count === 1 ? "1 host is selected" : `${count} hosts are selected`);

function writeMemories(db: Database, { groupId }: DeploymentRecord, { memories }: Commit): void {
  for (const [host, memory] of Object.entries(memories))
    db.run(
      "INSERT INTO host_memories VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET memory = excluded.memory",
      groupId,
      host,
      JSON.stringify(memory),
    );
}

/** While hosts run events, only their targets change. */
function writeDeployment(db: Database, { id }: DeploymentRecord, { before, after, version }: Commit): void {
  const { status } = after.deployment;
  const moved =
    after.deployment === before.deployment
      ? db.run("UPDATE deployments SET version = version + 1 WHERE id = ? AND version = ?", id, version)
      : db.run(
          "UPDATE deployments SET status = ?, is_over = ?, version = version + 1, state = ? WHERE id = ? AND version = ?",
          status,
          isOver({ status }) ? 1 : 0,
          JSON.stringify(after.deployment),
          id,
          version,
        );
  assert.equal(moved, 1, `Deployment ${id} has moved since it was observed`);
}

/** The JSON of events that are over: it is needed again whenever a later event of the target changes. */
const written = new WeakMap<LifecycleEvent, string>();

/** Returns a target as JSON. */
function documentOf({ events, ...rest }: Target): string {
  const texts = events.map((event) => {
    const cached = written.get(event);
    if (cached !== undefined) return cached;
    const text = JSON.stringify(event);
    if (event.endTime !== undefined) written.set(event, text);
    return text;
  });
  return `{"events":[${texts.join(",")}],${JSON.stringify(rest).slice(1)}`;
}

/** Writes the targets that have changed, and returns them. */
function writeTargets(db: Database, deploymentId: string, { before, after }: Commit): readonly Target[] {
  return after.targets.filter((target, position) => {
    const former = before.targets[position];
    if (former === target) return false;
    const document = documentOf(target);
    if (former === undefined)
      db.run(
        "INSERT INTO targets VALUES (?, ?, ?, ?, ?)",
        deploymentId,
        position,
        target.id,
        target.hostIdentifier,
        document,
      );
    else
      db.run(
        "UPDATE targets SET target = ? WHERE deployment_id = ? AND position = ?",
        document,
        deploymentId,
        position,
      );
    return true;
  });
}
