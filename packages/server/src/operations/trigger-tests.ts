import type { TriggerConfig } from "@aws-sdk/client-codedeploy";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { Context } from "./context.ts";

/**
 * Records a test message for the topic of each trigger that is new or has changed, as AWS sends one (api.md §8.1). Its
 * text is ours, because AWS's is not known. Must be called within `store.write`.
 */
export function oweTestMessages(
  { store, region, accountId }: Context,
  { id, name, settings }: DeploymentGroup,
  before: readonly TriggerConfig[] = [],
): void {
  const unchanged = new Set(before.map((trigger) => JSON.stringify(trigger)));
  for (const trigger of settings.triggerConfigurations ?? []) {
    if (unchanged.has(JSON.stringify(trigger)) || trigger.triggerTargetArn === undefined) continue;
    const body = { region, accountId, eventTriggerName: trigger.triggerName, deploymentGroupName: name };
    store.notifications.add({
      groupId: id,
      topic: trigger.triggerTargetArn,
      subject: "TEST: AWS CodeDeploy trigger",
      body: JSON.stringify({ ...body, message: "This is a test of the trigger" }),
    });
  }
}
