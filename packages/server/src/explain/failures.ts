import { createHash } from "node:crypto";
import type { Deployment, LifecycleEvent, Target } from "@sluice/engine";
import { lastLines, mask } from "./masked-text.ts";

/** One failure: of a target, or of a step of the deployment as a whole. */
export interface Failure {
  readonly fingerprint: string;
  readonly event: string;
  readonly errorCode: string;
  readonly script: string;
  readonly exitCode: number | undefined;
  readonly message: string;
  readonly log: string;
  readonly at: number | undefined;
  readonly target: string | undefined;
}

/** How many characters of the digest name a group of failures. */
const fingerprintCharacters = 12;

/** Failures by the event that failed: they do not change any more, and a deployment may have ten thousand. */
const known = new WeakMap<LifecycleEvent, Failure>();

/** Returns what failed: each target with what it failed at, and the steps of the deployment as a whole. */
export function failuresOf(deployment: Pick<Deployment, "steps">, targets: readonly Target[]): readonly Failure[] {
  const steps = deployment.steps
    .filter(({ status }) => status === "Failed")
    .map(({ name, endTime, error }) =>
      failure({ event: name, errorCode: error?.code ?? "INTERNAL_ERROR", message: error?.message ?? "", at: endTime }),
    );
  return [...steps, ...targets.filter(hasFailed).map(failureOf)];
}

/** Whether a target counts as failed. */
export const hasFailed = ({ status }: Pick<Target, "status">): boolean => status === "Failed" || status === "Unknown";

/** A target fails at its last event that has failed: earlier failures were tolerated. */
function failureOf(target: Target): Failure {
  const event = target.events.findLast(({ status }) => status === "Failed");
  if (event === undefined)
    return failure({
      event: target.events.findLast(({ status }) => status === "Succeeded")?.name ?? "",
      errorCode: "Interrupted",
      message: "The deployment ended when only a part of the events had run on it",
      at: target.lastUpdatedAt,
      target: target.id,
    });
  const cached = known.get(event);
  if (cached !== undefined && cached.target === target.id) return cached;
  const { diagnostics, error, endTime, name } = event;
  const made = failure({
    event: name,
    errorCode: error?.code ?? diagnostics?.errorCode ?? "UnknownError",
    script: diagnostics?.scriptName,
    message: error?.message ?? diagnostics?.message ?? "",
    log: diagnostics?.logTail,
    at: endTime,
    target: target.id,
    ownNames: new Set([target.id, target.arn, target.hostIdentifier, target.hostIdentifier.split("/").at(-1) ?? ""]),
  });
  known.set(event, made);
  return made;
}

function failure(about: {
  readonly event: string;
  readonly errorCode: string;
  readonly message: string;
  readonly script?: string | undefined;
  readonly log?: string | undefined;
  readonly at: number | undefined;
  readonly target?: string | undefined;
  readonly ownNames?: ReadonlySet<string>;
}): Failure {
  const { event, errorCode, message, script = "", log = "", at, target, ownNames } = about;
  const exitCode = exitCodeIn(message);
  const lines = lastLines(log).map((line) => mask(line, ownNames));
  const same = [event, errorCode, script, exitCode ?? "", ...(lines.length === 0 ? [mask(message, ownNames)] : lines)];
  const fingerprint = createHash("sha256").update(JSON.stringify(same)).digest("hex").slice(0, fingerprintCharacters);
  return { fingerprint, event, errorCode, script, exitCode, message, log, at, target };
}

/** Agents write it into their message. */
function exitCodeIn(message: string): number | undefined {
  const [, code] = /\bexit code (\d{1,5})\b/.exec(message) ?? [];
  return code === undefined ? undefined : Number(code);
}
