import type { AlarmConfiguration, AutoRollbackConfiguration, TriggerConfig } from "@aws-sdk/client-codedeploy";
import { quotas } from "../../limits.ts";
import { fault } from "../../faults.ts";
import { awsFault } from "./aws-texts.ts";

const triggerEvents: readonly string[] = [
  "DeploymentStart",
  "DeploymentSuccess",
  "DeploymentFailure",
  "DeploymentStop",
  "DeploymentRollback",
  "DeploymentReady",
  "InstanceStart",
  "InstanceSuccess",
  "InstanceFailure",
  "InstanceReady",
];
const triggerNameCharactersMax = 100;
const alarmNameCharactersMax = 255;

/** Checks the triggers, which publish to SNS topics. */
export function checkTriggers(triggers: readonly TriggerConfig[]): void {
  const refuse = (message: string) => fault("InvalidTriggerConfig", message);
  if (triggers.length > quotas.triggersPerGroup)
    throw fault(
      "TriggerTargetsLimitExceeded",
      `There are ${triggers.length} triggers, and at most ${quotas.triggersPerGroup} are allowed`,
    );
  for (const { triggerName = "", triggerTargetArn = "", triggerEvents: events = [] } of triggers) {
    if (triggerName === "" || triggerName.length > triggerNameCharactersMax)
      throw refuse(`A trigger must have a name of 1 to ${triggerNameCharactersMax} characters`);
    // Terraform retries if the text contains "Topic ARN": a topic that has just been created may not be visible yet.
    if (!/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]{1,256}$/.test(triggerTargetArn))
      throw refuse(`Topic ARN "${triggerTargetArn.slice(0, 200)}" of the trigger "${triggerName}" is not valid`);
    const unknown = events.find((event) => !triggerEvents.includes(event));
    if (unknown !== undefined || events.length === 0)
      throw refuse(
        `The trigger "${triggerName}" has the event "${(unknown ?? "").slice(0, 120)}", and each event must be one of ${triggerEvents.join(", ")}`,
      );
  }
  if (new Set(triggers.map(({ triggerName }) => triggerName)).size < triggers.length)
    throw awsFault("duplicateTrigger");
  if (new Set(triggers.map(({ triggerTargetArn }) => triggerTargetArn)).size < triggers.length)
    throw refuse("Two triggers have the same Topic ARN");
}

/** Checks the alarms that stop a deployment. */
export function checkAlarms(given: AlarmConfiguration | undefined): void {
  const refuse = (message: string) => fault("InvalidAlarmConfig", message);
  if (given === undefined) return;
  const { enabled = false, alarms } = given;
  if (enabled && alarms === undefined) throw refuse("Alarms are enabled, but the list of alarms is missing");
  if (enabled && alarms?.length === 0) throw awsFault("alarmsMissing");
  if ((alarms?.length ?? 0) > quotas.alarmsPerGroup)
    throw fault(
      "AlarmsLimitExceeded",
      `There are ${alarms?.length} alarms, and at most ${quotas.alarmsPerGroup} are allowed`,
    );
  for (const { name = "" } of alarms ?? [])
    if (name === "" || name.length > alarmNameCharactersMax)
      throw refuse(`An alarm must have a name of 1 to ${alarmNameCharactersMax} characters`);
  if (new Set(alarms?.map(({ name }) => name)).size < (alarms?.length ?? 0)) throw refuse("An alarm is named twice");
}

const rollbackEvents: readonly string[] = [
  "DEPLOYMENT_FAILURE",
  "DEPLOYMENT_STOP_ON_ALARM",
  "DEPLOYMENT_STOP_ON_REQUEST",
];

/** Checks the configuration of automatic rollbacks. */
export function checkRollback(given: AutoRollbackConfiguration | undefined): void {
  if (given === undefined) return;
  const { enabled = false, events = [] } = given;
  const unknown = events.find((event) => !rollbackEvents.includes(event));
  if (unknown !== undefined)
    throw fault(
      "InvalidAutoRollbackConfig",
      `The event "${unknown.slice(0, 120)}" is not one of ${rollbackEvents.join(", ")}`,
    );
  if (enabled && events.length === 0) throw awsFault("rollbackWithoutEvents");
}
