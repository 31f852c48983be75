import type { ActiveAlarm, AlarmReading, WatchedAlarms } from "../model/alarm-reading.ts";
import type {
  Diagnostics,
  ErrorInformation,
  InstanceState,
  LifecycleEvent,
  LifecycleEventName,
  MinimumHealthyHosts,
} from "../world.ts";
import type { Balancers } from "../model/effect.ts";
import type { Counts } from "../rules/minimum-healthy-hosts.ts";

// Every sentence that a deployment may end with, in one table: AWS's where it is known.
const counted = (count: number, unit: string) => `${count} ${unit}${count === 1 ? "" : "s"}`;
const information = (code: string, message: string): ErrorInformation => ({ code, message });

/** No instance matches the selectors of the deployment group. */
export const noInstances = information(
  "NO_INSTANCES",
  "The deployment failed because no instances were found for your deployment group. Check your deployment group settings to make sure the tags for your EC2 instances or Auto Scaling groups correctly identify the instances you want to deploy to, and then try again.",
);

/** Too many hosts failed (AWS's text, and the figures). */
export const healthConstraints = ({ failed, succeeded, skipped }: Counts): ErrorInformation =>
  information(
    "HEALTH_CONSTRAINTS",
    `The overall deployment failed because too many individual instances failed deployment, too few healthy instances are available for deployment, or some instances in your deployment group are experiencing problems. (${succeeded} succeeded, ${failed} failed, ${skipped} skipped)`,
  );

/** Too many hosts failed, each because its agent is silent. */
export const agentIssue = (hosts: readonly { readonly id: string; readonly issue: string }[]): ErrorInformation =>
  information(
    "AGENT_ISSUE",
    `The deployment failed because the CodeDeploy agent did not pick its lifecycle events up: ${hosts
      .slice(0, 10)
      .map(({ id, issue }) => `${id} (${issue})`)
      .join(
        ", ",
      )}${hosts.length > 10 ? ` and ${hosts.length - 10} more` : ""}. Install or start the agent there, and deploy again`,
  );

/** The configuration leaves no host that may be taken out of service. */
export const healthConstraintsInvalid = (
  { type, value }: MinimumHealthyHosts,
  hosts: number,
  minimumHealthy: number,
): ErrorInformation =>
  information(
    "HEALTH_CONSTRAINTS_INVALID",
    `The deployment can't start: its minimum healthy hosts (${type} ${value}) keep ${minimumHealthy} of ${hosts} instances in service, so that none may be updated. Choose a deployment configuration with a lower minimum`,
  );

/** More targets than one deployment may have. */
export const overMaxInstances = (hosts: number, most: number): ErrorInformation =>
  information(
    "OVER_MAX_INSTANCES",
    `The deployment group matches ${counted(hosts, "instance")}, and one deployment may have at most ${most}`,
  );

/** Original hosts of a blue/green deployment still have traffic. */
export const originalNotRemoved = ({ failed, skipped }: Counts): ErrorInformation =>
  information(
    "HEALTH_CONSTRAINTS",
    `The deployment failed because ${failed + skipped} of the original instances could not be taken out of their load balancers`,
  );

/** The deployment was Ready, and was not continued in time. */
export const readyTimeout = (minutes: number): ErrorInformation =>
  information(
    "TIMEOUT",
    `The deployment was stopped because nobody continued it within the ${counted(minutes, "minute")} that it waits for traffic to be rerouted`,
  );

/** Load balancers that do not exist. */
export const balancersUnknown = (names: readonly string[]): ErrorInformation =>
  information(
    "ELASTIC_LOAD_BALANCING_INVALID",
    `The deployment group names load balancers or target groups that do not exist: ${names.join(", ")}. Correct the deployment group, and deploy again`,
  );

/** Target groups that get no traffic. */
export const balancersIdle = (names: readonly string[]): ErrorInformation =>
  information(
    "ELASTIC_LOAD_BALANCING_INVALID",
    `No listener forwards to ${names.join(", ")}: instances registered there would never become healthy. Add a listener or a rule that forwards to it`,
  );

/** The fleet serves from balancers that the deployment group does not name. */
export const servesElsewhere = ({ targetGroups, classic }: Balancers, elsewhere: readonly string[]): ErrorInformation =>
  information(
    "ELB_INVALID_INSTANCE",
    `The deployment group names ${[...targetGroups, ...classic].join(", ")}, and none of its instances is registered there: they serve from ${elsewhere.join(", ")}. Name that one in the deployment group`,
  );

/**
 * Alarms are active (AWS's text). Those that were active before the deployment began are pointed out, because they
 * would stop the next deployment, too.
 */
export function alarmActive(active: readonly ActiveAlarm[], startTime: number | undefined): ErrorInformation {
  const names = active.map(({ name }) => `<${name}>`).join(" ");
  const earlier = active.filter(({ since }) => since !== undefined && since < (startTime ?? Number.POSITIVE_INFINITY));
  const hint = earlier.map(
    ({ name, since = 0 }) =>
      ` <${name}> has been active since ${new Date(since).toISOString()}, before the deployment started.`,
  );
  return information(
    "ALARM_ACTIVE",
    `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: ${names}${hint.length === 0 ? "" : "."}${hint.join("")}`,
  );
}

/** The states of alarms could not be read, and the deployment group does not ignore that. */
export const alarmsUnreadable = (
  { names }: WatchedAlarms,
  { unreadable, isDenied }: Extract<AlarmReading, { readonly unreadable: string }>,
): ErrorInformation =>
  information(
    isDenied === true ? "IAM_ROLE_PERMISSIONS" : "ALARM_ACTIVE",
    `The deployment was stopped because the states of its alarms could not be read (${unreadable}): ${names.map((name) => `<${name}>`).join(" ")}. Correct that, or let the deployment group ignore it (ignorePollAlarmFailure)`,
  );

/** A zone whose minimum leaves no host to update. */
export const zoneInvalid = (
  zone: string,
  { type, value }: MinimumHealthyHosts,
  { hosts, minimumHealthy }: { readonly hosts: number; readonly minimumHealthy: number },
): ErrorInformation =>
  information(
    "HEALTH_CONSTRAINTS_INVALID",
    `The deployment can't start: the minimum healthy hosts per zone (${type} ${value}) keep ${minimumHealthy} of the ${hosts} instances in ${zone} in service, so that none may be updated. Choose a deployment configuration with a lower minimum`,
  );

/** Hosts that are in no zone cannot be deployed to zone by zone. */
export const noZone = (hosts: readonly string[]): ErrorInformation =>
  information(
    "HEALTH_CONSTRAINTS_INVALID",
    `The deployment can't start: its configuration goes zone by zone, and ${hosts.slice(0, 10).join(", ")} ${hosts.length === 1 ? "is" : "are"} in no Availability Zone. On-premises instances need a configuration without zones`,
  );

/** The deployment was stopped on request. */
export const manualStop = information("MANUAL_STOP", "The deployment was stopped on request");

/** The whole deployment took too long. */
export const timeout = (hours: number): ErrorInformation =>
  information("TIMEOUT", `The deployment took longer than the ${hours} hours that it may take`);

/**
 * The deployment's application, deployment group or revision has been deleted, before it started or while it was in
 * progress.
 */
export const missing = (
  code: "APPLICATION_MISSING" | "DEPLOYMENT_GROUP_MISSING" | "REVISION_MISSING",
  hasStarted: boolean,
): ErrorInformation => {
  const what = {
    APPLICATION_MISSING: "application",
    DEPLOYMENT_GROUP_MISSING: "deployment group",
    REVISION_MISSING: "revision",
  };
  const when = hasStarted ? "while the deployment was under way" : "before the deployment started";
  return information(code, `The ${what[code]} was deleted ${when}`);
};

const unknownError = (message: string): Diagnostics => ({
  errorCode: "UnknownError",
  scriptName: "",
  message,
  logTail: "",
});

/** The host never acknowledged the event. */
export const didNotRun = (event: LifecycleEventName, minutes: number, issue?: string): Diagnostics =>
  unknownError(
    `CodeDeploy agent was not able to receive the lifecycle event ${event} within ${counted(minutes, "minute")}${issue === undefined ? "" : ` (${issue})`}. Check that the agent is running on the instance, that it reaches this server, and that its credentials are valid, and then try again`,
  );

/** The host acknowledged the event and never reported its end. */
export const didNotEnd = ({ name, command }: LifecycleEvent, minutes: number): Diagnostics =>
  unknownError(
    `The lifecycle event ${name} did not end within the ${counted(minutes, "minute")} that it may take${lastState(command)}`,
  );

const lastState = (command: LifecycleEvent["command"]): string =>
  command?.progress === undefined ? "" : `. Last state: ${command.progress}`;

/** The deployment was ended while the service itself ran this event. */
export const interruptedByEnd = ({ name, command }: LifecycleEvent): Diagnostics =>
  unknownError(`The deployment was ended while ${name} was under way${lastState(command)}`);

/** The instance is stopping or gone. */
export const hostGone = (state: InstanceState, event: LifecycleEventName): Diagnostics =>
  unknownError(`The instance is ${state}: the lifecycle event ${event} can't end`);

/** The deployment's own limit ended the event. */
export const deploymentTooLong = (hours: number): Diagnostics =>
  unknownError(`The deployment reached its limit of ${hours} hours while this event ran`);
