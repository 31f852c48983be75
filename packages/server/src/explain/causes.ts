import { differencesOf } from "./differences.ts";
import type { Cause } from "./explanation.ts";
import { type Failure, failuresOf } from "./failures.ts";
import { lastLines } from "./masked-text.ts";
import { remedyFor } from "./remedies.ts";
import type { Snapshot } from "./snapshot.ts";

/** How many targets of a cause are named. */
const namedMax = 20;

/** How many lines of its log the first target shows. */
const sampleLines = 8;

/** Returns the failures of a deployment, those that are the same as one cause, the most frequent first. */
export function causesOf({ deployment, targets, facts }: Snapshot): readonly Cause[] {
  const failures = failuresOf(deployment, targets);
  const of = failures.filter(({ target }) => target !== undefined).length;
  const good = targets.filter(({ status }) => status === "Succeeded").map(({ id }) => id);
  const groups = Map.groupBy(failures, ({ fingerprint }) => fingerprint);
  return [...groups.values()].map((same) => causeOf(same, { of, good, facts })).toSorted(byWeight);
}

/** What fails the deployment as a whole is before what fails targets. */
const byWeight = (a: Cause, b: Cause): number =>
  Number(a.firstTarget !== undefined) - Number(b.firstTarget !== undefined) ||
  b.count - a.count ||
  (a.firstSeen ?? 0) - (b.firstSeen ?? 0);

function causeOf(
  same: readonly Failure[],
  { of, good, facts }: { readonly of: number; readonly good: readonly string[]; readonly facts: Snapshot["facts"] },
): Cause {
  const inOrder = same.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const first = inOrder[0] ?? same[0];
  if (first === undefined) throw new Error("A group of failures has at least one");
  const ids = inOrder.flatMap(({ target }) => target ?? []);
  const { fingerprint, event, errorCode, script, exitCode, message, log, at, target } = first;
  return {
    fingerprint,
    event,
    errorCode,
    script: script === "" ? undefined : script,
    exitCode,
    count: same.length,
    of,
    firstSeen: at,
    firstTarget: target,
    targets: ids.slice(0, namedMax),
    sentence: inWords(first),
    sample: { message, lines: lastLines(log, sampleLines) },
    shared: differencesOf(ids, good, facts),
    remedy: remedyFor(first),
  };
}

/** Such as `ValidateService: scripts/check.sh ended with exit code 7`. */
function inWords({ event, errorCode, script, exitCode, message }: Failure): string {
  if (errorCode === "ScriptTimedOut") return `${event}: ${script} took longer than its timeout`;
  if (errorCode === "ScriptMissing") return `${event}: ${script} is not in the revision`;
  if (errorCode === "ScriptNotExecutable") return `${event}: ${script} is not executable`;
  if (script !== "" && exitCode !== undefined) return `${event}: ${script} ended with exit code ${exitCode}`;
  const said = message.split("\n", 1)[0] ?? "";
  const place = event === "" ? errorCode : event;
  return said === "" ? `${place}: ${errorCode}` : `${place}: ${said}`;
}
