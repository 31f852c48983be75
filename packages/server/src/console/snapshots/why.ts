import type { Cause, Explanation, NextStep } from "../../explain/explanation.ts";
import type { DeploymentRecord } from "../../store/deployments/records.ts";
import type { Answer, Difference, FailureGroup, NextCommand, Why } from "../contract.ts";
import type { Viewer } from "../rights/viewer.ts";
import { plainLines } from "./script-lines/plain-text.ts";

/** How many ids of a cause's targets are shown. */
const targetsMax = 100;

/** `GET /console/api/deployments/:id/why`: what `sluice explain` says, by the same operation. */
export async function why(
  viewer: Viewer,
  { id: deploymentId, state }: Pick<DeploymentRecord, "id" | "state">,
): Promise<Omit<Why, keyof Answer>> {
  const output = await viewer.perform("sluice", "ExplainDeployment", { deploymentId });
  const explanation = output["explanation"] as Explanation; // the operation's output
  const { sentence, rule, causes, changes, lastSuccess, next } = explanation;
  return {
    deploymentId,
    sentence,
    rule: rule && { name: rule.code, text: rule.text, numbers: numbersOf(rule) },
    groups: causes.map((cause) => groupOf(cause, state.completeTime ?? state.createTime)),
    changed: changes.map(({ what, before, now }) => ({ what: subjectOf(what), name: what, before, after: now })),
    lastSuccess: lastSuccess?.deploymentId,
    next: next.map(commandOf),
  };
}

/** `endTime` stands for a time that is not known. */
function groupOf(cause: Cause, endTime: number): FailureGroup {
  const {
    fingerprint,
    event,
    errorCode,
    script,
    exitCode,
    count,
    firstSeen = endTime,
    firstTarget = "",
    targets,
    sentence,
  } = cause;
  return {
    fingerprint,
    event,
    errorCode,
    script,
    exitCode,
    sentence,
    message: plainLines(cause.sample.message),
    count,
    of: cause.of,
    firstSeen,
    firstTarget,
    targets: targets.slice(0, targetsMax),
    sample: plainLines(cause.sample.lines.join("\n")),
    shared: cause.shared.map(({ fact, value, failedWith, failed, goodWith, good }) => ({
      name: fact,
      value,
      failedWith,
      failed,
      othersWith: goodWith,
      others: good,
    })),
    remedy: cause.remedy,
  };
}

/** What a change is about, by how `sluice explain` names it. */
function subjectOf(what: string): Difference["what"] {
  if (what === "revision") return "revision";
  if (what === "deployment configuration") return "configuration";
  return /^(file|script) /.exec(what)?.[1] === "script" ? "script" : what.startsWith("file ") ? "file" : "group";
}

/** A rule's members that are numbers. */
const numbersOf = (rule: NonNullable<Explanation["rule"]>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(rule).filter((entry): entry is [string, number] => typeof entry[1] === "number"));

/** The actions that do here what commands do elsewhere. */
const actionsByCommand: readonly (readonly [begin: string, action: NonNullable<NextCommand["action"]>])[] = [
  ["sluice retry", "retry"],
  ["sluice rollback", "rollback"],
  ["aws deploy continue-deployment", "continue"],
  ["aws deploy stop-deployment", "stop"],
];

function commandOf({ command, why: text }: NextStep): NextCommand {
  const action = actionsByCommand.find(([begin]) => command.includes(begin))?.[1];
  return { text, command, action };
}
