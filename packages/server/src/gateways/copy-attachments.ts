import type { AutoScalingClient, AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
import type { Clients } from "./clients.ts";
import { isManagedHook } from "./lifecycle-hooks.ts";
import { isPassing } from "./outcome.ts";

/** Two groups: one that has attachments, and one that gets the same. */
interface Pair {
  readonly client: AutoScalingClient;
  readonly source: AutoScalingGroup;
  readonly to: string;
}

/** What hangs on an Auto Scaling group, by the words for it, and how each is copied. Every copy may be repeated. */
const attachments: Readonly<Record<string, (pair: Pair) => Promise<void>>> = {
  "Scaling policies": copyPolicies,
  "Scheduled actions": copyScheduledActions,
  Notifications: copyNotifications,
  "Lifecycle hooks": copyHooks,
  "Group metrics": copyMetrics,
  "The warm pool": copyWarmPool,
};

/** Copies what hangs on a group to another; says what could not be copied (deployments.md §7.2 step 2b). */
export async function copyAttachments(
  clients: Clients,
  source: AutoScalingGroup,
  to: string,
): Promise<readonly string[]> {
  const client = await clients.scaling();
  const remarks: string[] = [];
  for (const [what, copy] of Object.entries(attachments)) {
    try {
      await copy({ client, source, to });
    } catch (error) {
      if (!isRefused(error)) throw error;
      remarks.push(`${what} of ${source.AutoScalingGroupName} could not be copied: ${error.message}`);
    }
  }
  return remarks;
}

/** Whether a service has answered that it will not, or in no way that can be read, as one that does not know the operation; what passes by itself is tried again. */
function isRefused(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return "$fault" in error ? !isPassing(error) : "$response" in error;
}

async function copyPolicies({ client, source, to }: Pair): Promise<void> {
  const { DescribePoliciesCommand, PutScalingPolicyCommand } = await import("@aws-sdk/client-auto-scaling");
  const { AutoScalingGroupName } = source;
  const { ScalingPolicies = [] } = await client.send(new DescribePoliciesCommand({ AutoScalingGroupName }));
  for (const { PolicyARN: _arn, Alarms: _alarms, PolicyName, ...policy } of ScalingPolicies)
    await client.send(new PutScalingPolicyCommand({ ...policy, PolicyName, AutoScalingGroupName: to }));
}

async function copyScheduledActions({ client, source, to }: Pair): Promise<void> {
  const { DescribeScheduledActionsCommand, PutScheduledUpdateGroupActionCommand } =
    await import("@aws-sdk/client-auto-scaling");
  const { AutoScalingGroupName } = source;
  const found = await client.send(new DescribeScheduledActionsCommand({ AutoScalingGroupName }));
  for (const { ScheduledActionARN: _arn, Time: _time, ...action } of found.ScheduledUpdateGroupActions ?? [])
    await client.send(
      new PutScheduledUpdateGroupActionCommand({
        ...action,
        ScheduledActionName: action.ScheduledActionName,
        AutoScalingGroupName: to,
      }),
    );
}

async function copyNotifications({ client, source, to }: Pair): Promise<void> {
  const { DescribeNotificationConfigurationsCommand, PutNotificationConfigurationCommand } =
    await import("@aws-sdk/client-auto-scaling");
  const AutoScalingGroupNames = [source.AutoScalingGroupName ?? ""];
  const found = await client.send(new DescribeNotificationConfigurationsCommand({ AutoScalingGroupNames }));
  const byTopic = Map.groupBy(found.NotificationConfigurations ?? [], ({ TopicARN = "" }) => TopicARN);
  for (const [TopicARN, entries] of byTopic) {
    const NotificationTypes = entries.flatMap(({ NotificationType }) => NotificationType ?? []);
    await client.send(
      new PutNotificationConfigurationCommand({ AutoScalingGroupName: to, TopicARN, NotificationTypes }),
    );
  }
}

/** Hooks of deployment groups are not copied: the copy gets its own when it has become the deployment group's. */
async function copyHooks({ client, source, to }: Pair): Promise<void> {
  const { DescribeLifecycleHooksCommand, PutLifecycleHookCommand } = await import("@aws-sdk/client-auto-scaling");
  const { AutoScalingGroupName } = source;
  const { LifecycleHooks = [] } = await client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }));
  for (const { GlobalTimeout: _derived, LifecycleHookName, ...hook } of LifecycleHooks)
    if (!isManagedHook(LifecycleHookName))
      await client.send(new PutLifecycleHookCommand({ ...hook, LifecycleHookName, AutoScalingGroupName: to }));
}

async function copyMetrics({ client, source, to }: Pair): Promise<void> {
  const { EnableMetricsCollectionCommand } = await import("@aws-sdk/client-auto-scaling");
  const Metrics = (source.EnabledMetrics ?? []).flatMap(({ Metric }) => Metric ?? []);
  if (Metrics.length > 0)
    await client.send(
      new EnableMetricsCollectionCommand({ AutoScalingGroupName: to, Metrics, Granularity: "1Minute" }),
    );
}

async function copyWarmPool({ client, source, to }: Pair): Promise<void> {
  const pool = source.WarmPoolConfiguration;
  if (pool === undefined || pool.Status !== undefined) return;
  const { PutWarmPoolCommand } = await import("@aws-sdk/client-auto-scaling");
  const { Status: _status, ...configuration } = pool;
  await client.send(new PutWarmPoolCommand({ ...configuration, AutoScalingGroupName: to }));
}
