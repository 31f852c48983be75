import { causesOf } from "./causes.ts";
import { differenceInWords } from "./differences.ts";
import type { Cause, Explanation } from "./explanation.ts";
import { nextSteps } from "./next-steps.ts";
import { countsOf, ruleOf } from "./rule.ts";
import { sentenceOf } from "./sentence.ts";
import type { Change, Snapshot } from "./snapshot.ts";

/** Returns why a deployment is as it is. It takes time in proportion to the number of targets. */
export function explain(snapshot: Snapshot): Explanation {
  const { application, group, deployment, targets, revision, lastSuccess } = snapshot;
  const counts = countsOf(targets);
  const rule = ruleOf(snapshot);
  const causes = causesOf(snapshot);
  const found = { counts, rule, causes };
  const { changes = [], ...last } = lastSuccess ?? {};
  const explanation = {
    deploymentId: deployment.id,
    application,
    group,
    status: deployment.status,
    revision,
    sentence: sentenceOf(snapshot, found),
    rule,
    counts,
    causes,
    lastSuccess: lastSuccess && (last as Omit<NonNullable<Snapshot["lastSuccess"]>, "changes">), // the rest of it
    changes,
    next: nextSteps(snapshot, found),
  };
  return { ...explanation, text: linesOf(explanation) };
}

function linesOf({ sentence, causes, changes, lastSuccess, next }: Omit<Explanation, "text">): readonly string[] {
  return [
    sentence,
    ...causes.flatMap(causeLines),
    ...(lastSuccess === undefined || causes.length === 0
      ? []
      : [
          `Since the last success (${lastSuccess.deploymentId}, ${new Date(lastSuccess.completeTime).toISOString()}):`,
          ...(changes.length === 0 ? ["  nothing of revision, configuration or settings has changed"] : []),
          ...changes.map((change) => `  ${changeInWords(change)}`),
        ]),
    ...(next.length === 0 ? [] : ["Next:", ...next.map(({ command, why }) => `  ${command}  # ${why}`)]),
  ];
}

function causeLines({ count, of, sentence, firstTarget, firstSeen, targets, sample, shared, remedy }: Cause) {
  const more = count > targets.length ? ` and ${count - targets.length} more` : "";
  return [
    firstTarget === undefined ? `Cause: ${sentence}` : `Cause of ${count} of ${of}: ${sentence}`,
    ...(firstTarget === undefined
      ? []
      : [`  first on ${firstTarget}${firstSeen === undefined ? "" : ` at ${new Date(firstSeen).toISOString()}`}`]),
    ...(count > 1 ? [`  on ${targets.join(", ")}${more}`] : []),
    ...sample.lines.map((line) => `  | ${line}`),
    ...shared.map((difference) => `  ${differenceInWords(difference)}`),
    ...(remedy === undefined ? [] : [`  ${remedy}`]),
  ];
}

/** Such as `revision: s3://b/1.zip → s3://b/2.zip`. */
export function changeInWords({ what, before, now }: Change): string {
  if (before === undefined && now === undefined) return what;
  return `${what}: ${before ?? "none"} → ${now ?? "none"}`;
}
