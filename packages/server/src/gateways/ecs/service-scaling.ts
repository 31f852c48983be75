import type { ScalableTarget } from "@aws-sdk/client-application-auto-scaling";
import type { Checkpoint, EffectOf, ServiceName, SuspendedScaling } from "@sluice/engine";
import type { Clients } from "../clients.ts";
import { finished, isDenied, underWay, type EffectOutcome } from "../outcome.ts";

const activities = ["DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"] as const;

const dimension = { ServiceNamespace: "ecs", ScalableDimension: "ecs:service:DesiredCount" } as const;

/**
 * Suspends what scales a service, where something does. AWS's own policy for CodeDeploy and ECS allows neither to look
 * nor to suspend: a deployment must do without.
 */
export async function suspendScaling(
  clients: Clients,
  { service }: EffectOf<"suspend scaling">,
  checkpoint: Checkpoint | undefined,
): Promise<EffectOutcome> {
  const scaling = checkpoint?.scaling;
  try {
    if (scaling === undefined) {
      const target = await findTarget(clients, resourceIdOf(service));
      if (target === undefined) return finished();
      const free = activities.filter((activity) => target.SuspendedState?.[activity] !== true);
      const found = { resourceId: resourceIdOf(service), activities: free };
      return free.length === 0 ? finished() : underWay("what scales the service is suspended", { scaling: found });
    }
    await setSuspended(clients, scaling, true);
    return finished();
  } catch (error) {
    if (isDenied(error)) return finished({ scaling: undefined });
    throw error;
  }
}

/** Resumes what we have suspended; a target that is gone needs nothing. */
export async function resumeScaling(clients: Clients, { scaling }: EffectOf<"resume scaling">): Promise<EffectOutcome> {
  if ((await findTarget(clients, scaling.resourceId)) !== undefined) await setSuspended(clients, scaling, false);
  return finished();
}

async function findTarget(clients: Clients, resourceId: string): Promise<ScalableTarget | undefined> {
  const scaling = await clients.applicationAutoScaling();
  const { ScalableTargets = [] } = await scaling.describeScalableTargets({ ...dimension, ResourceIds: [resourceId] });
  return ScalableTargets[0];
}

async function setSuspended(clients: Clients, scaling: SuspendedScaling, isSuspended: boolean): Promise<void> {
  const SuspendedState = Object.fromEntries(scaling.activities.map((activity) => [activity, isSuspended]));
  const client = await clients.applicationAutoScaling();
  await client.registerScalableTarget({ ...dimension, ResourceId: scaling.resourceId, SuspendedState });
}

const resourceIdOf = ({ cluster, service }: ServiceName): string => `service/${lastPart(cluster)}/${lastPart(service)}`;

const lastPart = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf("/") + 1);
