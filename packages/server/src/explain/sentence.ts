import { isOver } from "@sluice/engine";
import type { Cause, Counts, Rule } from "./explanation.ts";
import type { Snapshot } from "./snapshot.ts";

/** Returns what happened, in one sentence of which people read the beginning. */
export function sentenceOf(
  { deployment }: Snapshot,
  {
    counts,
    rule,
    causes,
  }: { readonly counts: Counts; readonly rule: Rule | undefined; readonly causes: readonly Cause[] },
): string {
  const { status } = deployment;
  const because = becauseOf(causes);
  if (status === "Succeeded") {
    const tolerated = counts.failed === 0 ? "" : `; ${rule?.text ?? `${counts.failed} failed`}`;
    return `Succeeded: ${counts.succeeded} of ${counts.total} targets${tolerated}${because}`;
  }
  if (isOver(deployment)) {
    const untried = counts.skipped === 0 ? "" : `; ${counts.skipped} not tried`;
    return `${rule?.code === "HEALTH_CONSTRAINTS" ? "Stopped" : status}: ${rule?.text ?? "no reason is recorded"}${untried}${because}`;
  }
  return `${stateInWords(status)}: ${progressOf(counts, rule)}${because}`;
}

const stateInWords = (status: string): string => (status === "InProgress" ? "In progress" : status);

function progressOf(counts: Counts, rule: Rule | undefined): string {
  if (counts.total === 0) return "it has no targets yet";
  const failed = counts.failed === 0 ? "" : `, ${rule?.text ?? `${counts.failed} failed`}`;
  return `${counts.succeeded} of ${counts.total} succeeded, ${counts.inProgress} under way, ${counts.pending} to come${failed}`;
}

/** Such as `. 2 of 3: ValidateService: check.sh ended with exit code 7, the same output; and 1 other cause`. */
function becauseOf(causes: readonly Cause[]): string {
  const [first, ...others] = causes;
  if (first === undefined) return "";
  const share = first.firstTarget === undefined || first.of === 1 ? "" : `${first.count} of ${first.of}: `;
  const same = first.count > 1 ? ", with the same output" : "";
  const more = others.length === 0 ? "" : `; ${others.length} other ${others.length === 1 ? "cause" : "causes"}`;
  return `. ${share}${first.sentence}${same}${more}`;
}
