import { styleText } from "node:util";
import { printableParts } from "@sluice/aws-protocol/printable";
import type {
  DeploymentInfo,
  DeploymentTarget,
  Diagnostics,
  ECSTarget,
  LifecycleEvent,
} from "@aws-sdk/client-codedeploy";

/** A deployment as a person watches it. */
export interface Picture {
  readonly deployment: DeploymentInfo;
  readonly targets: readonly DeploymentTarget[];
}

/** Nearly everything in a picture comes from hosts and other users: none of it may control the terminal. */
const asText = (picture: Picture): Picture => printableParts(picture, new Set(["logTail"]));

/** A deployment as a tree: its status, its targets, and the events of those that have begun. */
export function tree(picture: Picture): string {
  const { deployment, targets } = asText(picture);
  const head = `${paint(deployment.status)} ${deployment.deploymentId}  ${deployment.applicationName} / ${deployment.deploymentGroupName}`;
  return [head, ...notes(deployment), ...targets.flatMap(viewsOf).flatMap(targetLines)].join("\n");
}

/** Why a deployment did not succeed: AWS's sentence, then each failed target's event, script and the end of its log. */
export function failure(picture: Picture): string {
  const { deployment, targets } = asText(picture);
  const { errorInformation: error, rollbackInfo } = deployment;
  const failed = targets
    .flatMap(viewsOf)
    .flatMap(({ targetId = "", lifecycleEvents = [] }) =>
      lifecycleEvents.filter(({ status }) => status === "Failed").map((event) => failedEvent(targetId, event)),
    );
  const rollback = rollbackInfo?.rollbackMessage;
  return [
    ...(error === undefined ? [] : [`${error.code}: ${error.message}`]),
    ...notes(deployment),
    ...failed,
    ...(rollback === undefined ? [] : [rollback]),
  ].join("\n");
}

/** A line for each event that has ended since the picture before, and for each move of a function's or a service's traffic; what a log shows where a tree cannot be redrawn. */
export function news(before: Picture | undefined, now: Picture): readonly string[] {
  const known = new Set(before === undefined ? [] : facts(before));
  return facts(now).filter((fact) => !known.has(fact));
}

function facts(picture: Picture): readonly string[] {
  const { deployment, targets } = asText(picture);
  return [
    `${deployment.deploymentId} ${deployment.status}`,
    ...notes(deployment).map((note) => `${deployment.deploymentId}${note}`),
    ...targets.flatMap(viewsOf).flatMap(({ targetId, lifecycleEvents = [], traffic }) => [
      ...lifecycleEvents
        .filter(({ status }) => status === "Succeeded" || status === "Failed")
        .map((event) => `${targetId} ${event.lifecycleEventName} ${event.status}${duration(event)}`),
      ...(traffic === undefined ? [] : [`${targetId} traffic: ${traffic}`]),
      // What a fleet's events wait for would be a line for each host, again and again.
      ...(traffic === undefined ? [] : lifecycleEvents)
        .filter((event) => progress(event) !== "")
        .map((event) => `${targetId} ${event.lifecycleEventName}:${progress(event)}`),
    ]),
  ];
}

/** The members of a target of any kind, and those of some kinds. */
interface TargetView extends Pick<
  NonNullable<DeploymentTarget["instanceTarget"]>,
  "targetId" | "status" | "lifecycleEvents"
> {
  readonly remark: string;
  /** How the traffic of a function or a service is divided. */
  readonly traffic?: string | undefined;
}

function viewsOf({ instanceTarget, lambdaTarget, ecsTarget }: DeploymentTarget): readonly TargetView[] {
  if (instanceTarget !== undefined) {
    const { instanceLabel } = instanceTarget;
    return [{ ...instanceTarget, remark: instanceLabel === undefined ? "" : `  ${instanceLabel}` }];
  }
  if (ecsTarget !== undefined)
    return [{ ...ecsTarget, remark: taskSetsRemark(ecsTarget), traffic: trafficOf(ecsTarget) }];
  if (lambdaTarget === undefined) return [];
  const { functionAlias, targetVersion, targetVersionWeight } = lambdaTarget.lambdaFunctionInfo ?? {};
  const traffic = `${targetVersionWeight ?? 0} % on version ${targetVersion}`;
  return [{ ...lambdaTarget, remark: `  alias ${functionAlias}: ${traffic}`, traffic }];
}

/** Such as `Blue: 2 of 2 tasks, 80 %; Green: 2 of 2 tasks, 20 %`. */
function taskSetsRemark({ taskSetsInfo = [] }: ECSTarget): string {
  const sets = taskSetsInfo.map(
    ({ taskSetLabel, runningCount = 0, desiredCount = 0, trafficWeight = 0 }) =>
      `${taskSetLabel}: ${runningCount} of ${desiredCount} tasks, ${trafficWeight} %`,
  );
  return sets.length === 0 ? "" : `  ${sets.join("; ")}`;
}

/** Such as `Blue 80 %, Green 20 %`. */
const trafficOf = ({ taskSetsInfo = [] }: ECSTarget): string =>
  taskSetsInfo.map(({ taskSetLabel, trafficWeight = 0 }) => `${taskSetLabel} ${trafficWeight} %`).join(", ") ||
  "unknown";

/** Warnings, and what else a person should know. */
const notes = ({ deploymentStatusMessages = [] }: DeploymentInfo): readonly string[] =>
  deploymentStatusMessages.map((message) => `  note: ${message}`);

function targetLines({ targetId, status, remark, lifecycleEvents = [] }: TargetView): readonly string[] {
  const begun = lifecycleEvents.filter((event) => event.status !== "Pending" && event.status !== "Skipped");
  return [
    `  ${paint(status)} ${targetId}${remark}`,
    ...begun.map(
      (event) => `      ${paint(event.status)} ${event.lifecycleEventName}${duration(event)}${progress(event)}`,
    ),
  ];
}

function failedEvent(targetId: string, { lifecycleEventName, diagnostics }: LifecycleEvent): string {
  return [
    `  ${targetId}, ${lifecycleEventName}: ${diagnostics?.message ?? "no diagnostics"}`,
    ...diagnosticLines(diagnostics),
  ].join("\n");
}

function diagnosticLines(diagnostics: Diagnostics | undefined): readonly string[] {
  const { errorCode, scriptName, logTail } = diagnostics ?? {};
  return [
    ...(scriptName ? [`    script ${scriptName} (${errorCode})`] : []),
    ...(logTail
      ? [
          "    the end of its log:",
          ...logTail
            .trimEnd()
            .split("\n")
            .map((line) => `      ${line}`),
        ]
      : []),
  ];
}

const duration = ({ startTime, endTime }: LifecycleEvent) =>
  startTime === undefined || endTime === undefined
    ? ""
    : `  ${Math.max(0, endTime.getTime() - startTime.getTime())} ms`;

/** What an event waits for that the service itself runs. */
const progress = ({ status, diagnostics }: LifecycleEvent) =>
  status === "InProgress" && diagnostics?.message !== undefined ? `  ${diagnostics.message}` : "";

const marks: Readonly<Record<string, readonly [mark: string, style: "green" | "red" | "yellow" | "gray"]>> = {
  Succeeded: ["✔", "green"],
  Failed: ["✘", "red"],
  Stopped: ["■", "red"],
  Skipped: ["↷", "gray"],
  InProgress: ["●", "yellow"],
};

function paint(status: string | undefined): string {
  const [mark, style] = marks[status ?? ""] ?? ["○", "gray"];
  return styleText(style, `${mark} ${status}`);
}
