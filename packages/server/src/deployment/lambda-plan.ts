import type { RevisionLocation, TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import type { LambdaPlan } from "@sluice/engine";
import { parseLambdaAppSpec } from "@sluice/engine/appspec";
import { newId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { Store } from "../store/index.ts";
import { appSpecSource, routingOf } from "./app-spec-source.ts";

/**
 * The tag of a deployment group that decides about an alias which a stopped deployment has left with weights: with
 * `adopt`, the next deployment continues from there (deployments.md §11.5).
 */
export const weightedAliasTag = "sluice:weighted-alias";

/** What a deployment to a function is to do. An inline AppSpec is checked now, one in a bucket when the deployment runs. */
export function lambdaPlanOf(
  store: Store,
  { id }: DeploymentGroup,
  { revision, routing }: { readonly revision: RevisionLocation; readonly routing: TrafficRoutingConfig | undefined },
): LambdaPlan {
  const tag = store.tags.of("deploymentgroup", id).find(({ Key }) => Key === weightedAliasTag);
  return {
    source: appSpecSource(revision, parseLambdaAppSpec),
    routing: routingOf(routing),
    hookExecutions: { BeforeAllowTraffic: newId(), AfterAllowTraffic: newId() },
    adoptsWeightedAlias: tag?.Value === "adopt",
  };
}
