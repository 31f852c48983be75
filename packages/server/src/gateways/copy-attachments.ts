import type { AutoScaling, AutoScalingGroup } from "@aws-sdk/client-auto-scaling";
import type { Clients } from "./clients.ts";
import { isManagedHook } from "./lifecycle-hooks.ts";
import { isPassing } from "./outcome.ts";

/** What is copied from where to where. */
interface Copy {
  readonly autoScaling: AutoScaling;
  readonly source: AutoScalingGroup;
  readonly to: string;
}

/** The attachments of an Auto Scaling group by what people call them, and how each is copied. Copying may be repeated. */
const attachments: Readonly<Record<string, (copy: Copy) => Promise<void>>> = {
  "Scaling policies": copyPolicies,
  "Scheduled actions": copyScheduledActions,
  Notifications: copyNotifications,
  "Lifecycle hooks": copyHooks,
  "Group metrics": copyMetrics,
  "The warm pool": copyWarmPool,
};

/** Copies the attachments of a group to another. Returns a sentence for each that could not be copied (deployments.md §7.2 step 2b). */
export async function copyAttachments(
  clients: Clients,
  source: AutoScalingGroup,
  to: string,
): Promise<readonly string[]> {
  const autoScaling = await clients.autoScaling();
  const remarks: string[] = [];
  for (const [what, copy] of Object.entries(attachments)) {
    try {
      await copy({ autoScaling, source, to });
    } catch (error) {
      if (!isRefused(error)) throw error;
      remarks.push(`${what} of ${source.AutoScalingGroupName} could not be copied: ${error.message}`);
    }
  }
  return remarks;
}

/**
 * Whether a service has refused a call, or responded in a form that the SDK cannot read, as one does that does not
 * know the operation. A failure that may pass is not a refusal: it is tried again.
 */
function isRefused(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return "$fault" in error ? !isPassing(error) : "$response" in error;
}

async function copyPolicies({ autoScaling, source, to }: Copy): Promise<void> {
  const { AutoScalingGroupName } = source;
  const { ScalingPolicies = [] } = await autoScaling.describePolicies({ AutoScalingGroupName });
  for (const { PolicyARN: _arn, Alarms: _alarms, PolicyName, ...policy } of ScalingPolicies)
    await autoScaling.putScalingPolicy({ ...policy, PolicyName, AutoScalingGroupName: to });
}

async function copyScheduledActions({ autoScaling, source, to }: Copy): Promise<void> {
  const { AutoScalingGroupName } = source;
  const { ScheduledUpdateGroupActions = [] } = await autoScaling.describeScheduledActions({ AutoScalingGroupName });
  for (const { ScheduledActionARN: _arn, Time: _time, ScheduledActionName, ...action } of ScheduledUpdateGroupActions)
    await autoScaling.putScheduledUpdateGroupAction({ ...action, ScheduledActionName, AutoScalingGroupName: to });
}

async function copyNotifications({ autoScaling, source, to }: Copy): Promise<void> {
  const { NotificationConfigurations = [] } = await autoScaling.describeNotificationConfigurations({
    AutoScalingGroupNames: [source.AutoScalingGroupName ?? ""],
  });
  const byTopic = Map.groupBy(NotificationConfigurations, ({ TopicARN = "" }) => TopicARN);
  for (const [TopicARN, entries] of byTopic) {
    const NotificationTypes = entries.flatMap(({ NotificationType }) => NotificationType ?? []);
    await autoScaling.putNotificationConfiguration({ AutoScalingGroupName: to, TopicARN, NotificationTypes });
  }
}

/** Hooks of deployment groups are not copied: the copy gets its own when the deployment group takes it over. */
async function copyHooks({ autoScaling, source, to }: Copy): Promise<void> {
  const { AutoScalingGroupName } = source;
  const { LifecycleHooks = [] } = await autoScaling.describeLifecycleHooks({ AutoScalingGroupName });
  for (const { GlobalTimeout: _derived, LifecycleHookName, ...hook } of LifecycleHooks)
    if (!isManagedHook(LifecycleHookName))
      await autoScaling.putLifecycleHook({ ...hook, LifecycleHookName, AutoScalingGroupName: to });
}

async function copyMetrics({ autoScaling, source, to }: Copy): Promise<void> {
  const Metrics = (source.EnabledMetrics ?? []).flatMap(({ Metric }) => Metric ?? []);
  if (Metrics.length > 0)
    await autoScaling.enableMetricsCollection({ AutoScalingGroupName: to, Metrics, Granularity: "1Minute" });
}

async function copyWarmPool({ autoScaling, source, to }: Copy): Promise<void> {
  const pool = source.WarmPoolConfiguration;
  if (pool === undefined || pool.Status !== undefined) return;
  const { Status: _status, ...configuration } = pool;
  await autoScaling.putWarmPool({ ...configuration, AutoScalingGroupName: to });
}
