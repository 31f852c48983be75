import {
  type BlueGreen,
  type Deployment,
  type DeploymentKind,
  type EcsPlan,
  type ErrorInformation,
  type Fleet,
  type LambdaPlan,
  type LifecycleAction,
  type MinimumHealthyHosts,
  newDeployment,
  type Reroute,
} from "@sluice/engine";
import type { ZonalConfig } from "@aws-sdk/client-codedeploy";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRequest } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";
import { blueGreenWaits } from "./blue-green-waits.ts";

/** A new deployment, whether a user, Auto Scaling, a rollback or a follow-up creates it. */
export interface NewDeployment {
  readonly id: string;
  readonly now: number;
  readonly group: DeploymentGroup;
  readonly request: DeploymentRequest;
  readonly minimumHealthyHosts: MinimumHealthyHosts;
  readonly ignoreApplicationStopFailures: boolean;
  /** By default, as the request's deployment style says. */
  readonly kind?: DeploymentKind | undefined;
  /** Of the deployment's configuration; not for rollbacks (deployments.md §4.5 rule 6). */
  readonly zonalConfig?: ZonalConfig | undefined;
  readonly processesToSuspend?: readonly string[] | undefined;
  readonly lifecycleAction?: LifecycleAction | undefined;
  readonly reroute?: Reroute | undefined;
  readonly lambda?: LambdaPlan | undefined;
  readonly ecs?: EcsPlan | undefined;
  /** The hosts, if they are known already. */
  readonly fleet?: Fleet | undefined;
  /** The ARN of who asks for it; undefined when the service makes it by itself. */
  readonly actor?: string | undefined;
  /** Why the deployment is not possible: it is recorded as Failed. */
  readonly refusal?: ErrorInformation | undefined;
}

/** Records a deployment as `Created`. Call it within `store.write`. */
export function recordDeployment(store: Pick<Store, "deployments" | "revisions">, made: NewDeployment): void {
  const { id, now, group, request, fleet } = made;
  const { applicationId } = group;
  if (store.revisions.find(applicationId, request.revision) === undefined) {
    const description = `Application revision registered by Deployment ID: ${id}`;
    store.revisions.register(applicationId, request.revision, { description, now });
  }
  store.revisions.used(applicationId, request.revision, now);
  store.deployments.add({ id, applicationId, groupId: group.id, request, state: stateOf(made) }, made.actor);
  if (fleet !== undefined) store.deployments.setFleet(id, "selected", fleet, now);
}

/** Returns the state of a deployment that is being created. */
export function stateOf(made: NewDeployment): Deployment {
  const state = initialDeployment(made);
  return made.refusal === undefined
    ? state
    : { ...state, status: "Failed", completeTime: made.now, error: made.refusal };
}

/** Translates AWS's members into the engine's words. */
function initialDeployment(made: NewDeployment): Deployment {
  const { id, now: createTime, group, request, minimumHealthyHosts, ignoreApplicationStopFailures } = made;
  const { settings, name } = group;
  const kind = made.kind ?? (request.deploymentStyle.deploymentType === "BLUE_GREEN" ? "blue-green" : "in-place");
  const balancers = balancersOf(request);
  const blueGreen = kind === "blue-green" ? blueGreenOf(request, copyName(name, id)) : undefined;
  const processes = made.processesToSuspend ?? settings.ec2DeploymentOptions?.autoScalingGroupProcessesToSuspend ?? [];
  return newDeployment({
    id,
    createTime,
    kind,
    minimumHealthyHosts,
    ignoreApplicationStopFailures,
    scalingGroups: settings.autoScalingGroups ?? [],
    outdatedOnly: request.updateOutdatedInstancesOnly ? true : undefined,
    zonal: kind === "in-place" && made.zonalConfig !== undefined ? zonalOf(made.zonalConfig) : undefined,
    alarms: alarmsOf(request),
    balancers,
    blueGreen,
    processesToSuspend: kind === "in-place" && processes.length > 0 ? processes : undefined,
    lifecycleAction: made.lifecycleAction,
    reroute: made.reroute,
    lambda: made.lambda,
    ecs: made.ecs,
  });
}

/** By default none of a zone's hosts has to stay, and no zone is watched (api.md §3.7). */
function zonalOf(given: ZonalConfig): NonNullable<Deployment["zonal"]> {
  const { type = "FLEET_PERCENT", value = 0 } = given.minimumHealthyHostsPerZone ?? {};
  const { firstZoneMonitorDurationInSeconds: first, monitorDurationInSeconds = 0 } = given;
  return {
    minimumHealthyHostsPerZone: { type, value },
    monitorDuration: monitorDurationInSeconds * 1000,
    firstZoneMonitorDuration: first === undefined ? undefined : first * 1000,
  };
}

/** Returns the name of a copied Auto Scaling group (deployments.md §7.2). */
export const copyName = (groupName: string, deploymentId: string): string => `CodeDeploy_${groupName}_${deploymentId}`;

/** Load balancers count only with traffic control (deployments.md §1, rule 1). */
function balancersOf({ deploymentStyle, loadBalancerInfo }: DeploymentRequest): Deployment["balancers"] {
  if (deploymentStyle.deploymentOption !== "WITH_TRAFFIC_CONTROL") return undefined;
  const names = (list: readonly { name?: string | undefined }[] = []) => list.flatMap(({ name }) => name ?? []);
  const targetGroups = names(loadBalancerInfo?.targetGroupInfoList);
  const classic = names(loadBalancerInfo?.elbInfoList);
  return targetGroups.length + classic.length === 0 ? undefined : { targetGroups, classic };
}

/** Alarms count only if they are enabled and there are some (deployments.md §10.1). */
function alarmsOf({ alarmConfiguration: given }: DeploymentRequest): Deployment["alarms"] {
  const names = (given?.alarms ?? []).flatMap(({ name }) => name ?? []);
  if (given?.enabled !== true || names.length === 0) return undefined;
  return { names, ignorePollAlarmFailure: given.ignorePollAlarmFailure ?? false };
}

function blueGreenOf({ blueGreenDeploymentConfiguration: given = {} }: DeploymentRequest, name: string): BlueGreen {
  const provisioning = given.greenFleetProvisioningOption?.action ?? "DISCOVER_EXISTING";
  const { readyWait, originals, terminationWait } = blueGreenWaits(given);
  return {
    provisioning,
    copyName: provisioning === "COPY_AUTO_SCALING_GROUP" ? name : undefined,
    readyWait,
    blueInstances: originals,
    terminationWait,
  };
}
