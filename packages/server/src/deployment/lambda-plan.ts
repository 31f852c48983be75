import type { Fault } from "@sluice/aws-protocol";
import type { RevisionLocation, TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import type { LambdaPlan, TrafficRouting } from "@sluice/engine";
import { examineEcsAppSpec, type Finding, parseLambdaAppSpec } from "@sluice/engine/appspec";
import { fault } from "../faults.ts";
import { newId } from "../random.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { Store } from "../store/index.ts";

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
    source: sourceOf(revision),
    routing: routingOf(routing),
    hookExecutions: { BeforeAllowTraffic: newId(), AfterAllowTraffic: newId() },
    adoptsWeightedAlias: tag?.Value === "adopt",
  };
}

function sourceOf({ s3Location, string, appSpecContent }: RevisionLocation): LambdaPlan["source"] {
  if (s3Location !== undefined) {
    const { bucket = "", key = "", version, eTag, bundleType = "YAML" } = s3Location;
    return {
      object: {
        bucket,
        key,
        version,
        eTag,
        archive: bundleType === "zip" || bundleType === "tgz" ? bundleType : undefined,
      },
    };
  }
  const content = appSpecContent?.content ?? string?.content ?? "";
  const { appSpec, findings } = parseLambdaAppSpec(content, { file: "AppSpec" });
  if (appSpec !== undefined) return { appSpec };
  throw invalid(findings);
}

/** Checks the inline AppSpec of a deployment to ECS, as a deployment to a function has its own checked; one in a bucket is not fetched. */
export function checkEcsAppSpec({ string, appSpecContent }: RevisionLocation): void {
  const content = appSpecContent?.content ?? string?.content;
  const findings = content === undefined ? [] : examineEcsAppSpec(content, { file: "AppSpec" });
  if (findings.some(({ severity }) => severity === "error")) throw invalid(findings);
}

function invalid(findings: readonly Finding[]): Fault {
  const errors = findings.filter(({ severity }) => severity === "error").map(({ message }) => message);
  return fault("InvalidRevision", errors.join(" "));
}

function routingOf({ type, timeBasedCanary, timeBasedLinear }: TrafficRoutingConfig = {}): TrafficRouting {
  switch (type) {
    case "TimeBasedCanary":
      return { type, percent: timeBasedCanary?.canaryPercentage ?? 0, minutes: timeBasedCanary?.canaryInterval ?? 0 };
    case "TimeBasedLinear":
      return { type, percent: timeBasedLinear?.linearPercentage ?? 0, minutes: timeBasedLinear?.linearInterval ?? 0 };
    default:
      return { type: "AllAtOnce" };
  }
}
