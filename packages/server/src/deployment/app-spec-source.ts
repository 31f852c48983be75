import type { Fault } from "@sluice/aws-protocol";
import type { RevisionLocation, TrafficRoutingConfig } from "@aws-sdk/client-codedeploy";
import type { AppSpecObject, TrafficRouting } from "@sluice/engine";
import type { Finding } from "@sluice/engine/appspec";
import { fault } from "../faults.ts";

// What deployments to functions and to services have in common: an AppSpec file instead of a bundle, and traffic that
// moves step by step.

/** What a parser makes of a file. */
type Parse<AppSpec> = (
  content: string,
  about: { file: string },
) => { readonly appSpec?: AppSpec | undefined; readonly findings: readonly Finding[] };

/** Where the AppSpec of a deployment comes from. An inline one is checked now, one in a bucket when the deployment runs. */
export function appSpecSource<AppSpec>(
  { s3Location, string, appSpecContent }: RevisionLocation,
  parse: Parse<AppSpec>,
): { readonly appSpec: AppSpec } | { readonly object: AppSpecObject } {
  if (s3Location !== undefined) {
    const { bucket = "", key = "", version, eTag, bundleType = "YAML" } = s3Location;
    const archive = bundleType === "zip" || bundleType === "tgz" ? bundleType : undefined;
    return { object: { bucket, key, version, eTag, archive } };
  }
  const content = appSpecContent?.content ?? string?.content ?? "";
  const { appSpec, findings } = parse(content, { file: "AppSpec" });
  if (appSpec !== undefined) return { appSpec };
  throw invalid(findings);
}

function invalid(findings: readonly Finding[]): Fault {
  const errors = findings.filter(({ severity }) => severity === "error").map(({ message }) => message);
  return fault("InvalidRevision", errors.join(" "));
}

/** How traffic moves, in the engine's words. */
export function routingOf({ type, timeBasedCanary, timeBasedLinear }: TrafficRoutingConfig = {}): TrafficRouting {
  switch (type) {
    case "TimeBasedCanary":
      return { type, percent: timeBasedCanary?.canaryPercentage ?? 0, minutes: timeBasedCanary?.canaryInterval ?? 0 };
    case "TimeBasedLinear":
      return { type, percent: timeBasedLinear?.linearPercentage ?? 0, minutes: timeBasedLinear?.linearInterval ?? 0 };
    default:
      return { type: "AllAtOnce" };
  }
}
