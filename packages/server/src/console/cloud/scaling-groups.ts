import type { Clients } from "../../gateways/clients.ts";
import type { ScalingGroupTile } from "../contract.ts";
import { allPages, withToken } from "./pages.ts";

/** How many activities of a group are shown. */
const activitiesMax = 20;

/** The Auto Scaling groups with their instances, hooks and last activities. */
export async function scalingGroups(clients: Clients): Promise<readonly ScalingGroupTile[]> {
  const scaling = await clients.autoScaling();
  const found = await allPages(async (token) => {
    const { AutoScalingGroups, NextToken } = await scaling.describeAutoScalingGroups(withToken("NextToken", token));
    return { rows: AutoScalingGroups, next: NextToken };
  });
  return Promise.all(
    found.map(async (group) => {
      const { AutoScalingGroupName = "", DesiredCapacity = 0, MinSize = 0, MaxSize = 0 } = group;
      const [activities, hooks] = await Promise.all([
        scaling.describeScalingActivities({ AutoScalingGroupName, MaxRecords: activitiesMax }),
        scaling.describeLifecycleHooks({ AutoScalingGroupName }),
      ]);
      return {
        name: AutoScalingGroupName,
        desired: DesiredCapacity,
        min: MinSize,
        max: MaxSize,
        suspended: (group.SuspendedProcesses ?? []).map(({ ProcessName = "" }) => ProcessName),
        instances: (group.Instances ?? []).map((instance) => ({
          id: instance.InstanceId ?? "",
          lifecycleState: instance.LifecycleState ?? "unknown",
          health: instance.HealthStatus ?? "unknown",
          zone: instance.AvailabilityZone,
          isProtected: instance.ProtectedFromScaleIn ?? false,
        })),
        activities: (activities.Activities ?? []).map((activity) => ({
          id: activity.ActivityId ?? "",
          status: activity.StatusCode ?? "unknown",
          description: activity.Description ?? "",
          cause: activity.Cause ?? "",
          startTime: activity.StartTime?.getTime(),
          endTime: activity.EndTime?.getTime(),
        })),
        hooks: (hooks.LifecycleHooks ?? []).map((hook) => ({
          name: hook.LifecycleHookName ?? "",
          transition: hook.LifecycleTransition ?? "",
          timeoutSeconds: hook.HeartbeatTimeout,
        })),
      };
    }),
  );
}
