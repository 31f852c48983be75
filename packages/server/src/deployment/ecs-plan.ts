import type { RevisionLocation, TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import type { EcsPlan } from "@sluice/engine";
import { parseEcsAppSpec } from "@sluice/engine/appspec";
import { newId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { Store } from "../store/index.ts";
import { appSpecSource, routingOf } from "./app-spec-source.ts";
import { blueGreenWaits } from "./blue-green-waits.ts";

/** The tag of a deployment group that says what becomes of task sets which an earlier deployment has left: `delete` clears them away (deployments.md §12.4). */
export const leftoverTag = "sluice:leftover-task-set";

/** What a deployment to a service is to do. An inline AppSpec is checked now, one in a bucket when the deployment runs. */
export function ecsPlanOf(
  store: Store,
  { id, settings }: DeploymentGroup,
  { revision, routing }: { readonly revision: RevisionLocation; readonly routing: TrafficRoutingConfig | undefined },
): EcsPlan {
  const [{ serviceName = "", clusterName = "" } = {}] = settings.ecsServices ?? [];
  const [pair = {}] = settings.loadBalancerInfo?.targetGroupPairInfoList ?? [];
  const { readyWait, originals, terminationWait } = blueGreenWaits(settings.blueGreenDeploymentConfiguration);
  const tag = store.tags.of("deploymentgroup", id).find(({ Key }) => Key === leftoverTag);
  return {
    source: appSpecSource(revision, parseEcsAppSpec),
    service: { cluster: clusterName, service: serviceName },
    routes: {
      targetGroups: (pair.targetGroups ?? []).flatMap(({ name }) => name ?? []),
      production: pair.prodTrafficRoute?.listenerArns?.[0] ?? "",
      test: pair.testTrafficRoute?.listenerArns?.[0],
    },
    routing: routingOf(routing),
    hookExecutions: {
      BeforeInstall: newId(),
      AfterInstall: newId(),
      AfterAllowTestTraffic: newId(),
      BeforeAllowTraffic: newId(),
      AfterAllowTraffic: newId(),
    },
    readyWait,
    originalTasks: originals,
    terminationWait,
    clearsLeftovers: tag?.Value === "delete",
  };
}
