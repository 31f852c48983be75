import { isOver } from "@sluice/engine";
import type { Cause, Counts, NextStep } from "./explanation.ts";
import type { Snapshot } from "./snapshot.ts";

/** Returns the commands that a person may want now, the most likely first. */
export function nextSteps(
  snapshot: Snapshot,
  { counts, causes }: { readonly counts: Counts; readonly causes: readonly Cause[] },
): readonly NextStep[] {
  const { deployment, rolledBackBy } = snapshot;
  const { id, status, error } = deployment;
  const logs = logsOf(id, causes);
  if (!isOver(deployment)) return [...waiting(snapshot), ...logs, watch(id)];
  if (status === "Succeeded" && counts.failed === 0) return [];
  if (rolledBackBy !== undefined) return [...logs, watch(rolledBackBy, "it rolls this one back")];
  if (error?.code === "NO_INSTANCES") return [groupSettings(snapshot, "see what it selects")];
  return [...logs, ...retry(id, counts), ...rollback(snapshot), watch(id, "see its targets")];
}

function logsOf(id: string, causes: readonly Cause[]): readonly NextStep[] {
  const [cause] = causes.filter(({ firstTarget, script }) => firstTarget !== undefined && script !== undefined);
  if (cause?.firstTarget === undefined) return [];
  const command = `sluice logs ${id} --target ${word(cause.firstTarget)} --event ${word(cause.event)}`;
  return [{ command, why: "read what the first one that failed has said" }];
}

function retry(id: string, { failed, skipped }: Counts): readonly NextStep[] {
  const again = failed + skipped;
  if (again === 0) return [];
  const why = `deploy the same revision again to the ${again} that ${again === 1 ? "does" : "do"} not have it`;
  return [{ command: `sluice retry ${id}`, why }];
}

function rollback({ application, group, goodRevision, revision }: Snapshot): readonly NextStep[] {
  if (goodRevision === undefined || goodRevision === revision) return [];
  const command = `sluice rollback ${word(group)} --application ${word(application)}`;
  return [{ command, why: `go back to ${goodRevision}, which succeeded last` }];
}

/** What a deployment waits for that a person can end. */
function waiting({ deployment }: Snapshot): readonly NextStep[] {
  const held = deployment.holds.find(({ endedAt }) => endedAt === undefined);
  if (held?.name !== "READY_WAIT" && held?.name !== "TERMINATION_WAIT") return [];
  const command = `aws deploy continue-deployment --deployment-id ${deployment.id} --deployment-wait-type ${held.name}`;
  const why =
    held.name === "READY_WAIT"
      ? `send traffic to the new version; without that it stops at ${new Date(held.until).toISOString()}`
      : `end the original version now, and not only at ${new Date(held.until).toISOString()}`;
  return [{ command, why }];
}

const watch = (id: string, why = "follow it to its end"): NextStep => ({ command: `sluice watch ${id}`, why });

const groupSettings = ({ application, group }: Snapshot, why: string): NextStep => ({
  command: `aws deploy get-deployment-group --application-name ${word(application)} --deployment-group-name ${word(group)}`,
  why,
});

/** Returns a name as one word of a shell's command. */
export const word = (name: string): string =>
  /^[\w.@%+=:/-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
