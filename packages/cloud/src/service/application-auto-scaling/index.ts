import {
  type Access,
  accessesFromTable,
  defineService,
  onAnyResource,
  type Service,
  serviceModel,
} from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import { Records } from "../../store/records.ts";
import { serviceIn } from "./scalable-target.ts";
import { scalableTargetOperations, type ScalingContext, targetArn } from "./operations.ts";

/** Whoever sets bounds has the service scaled, and must be allowed to do that himself, as on AWS. */
function scaled({ services }: ScalingContext, { ResourceId }: Readonly<Record<string, unknown>>): readonly Access[] {
  const service = typeof ResourceId === "string" ? serviceIn(ResourceId) : undefined;
  return service === undefined ? [] : [services.access(service.cluster, service.name)];
}

/** Application Auto Scaling, for the counts of ECS's services. */
export function applicationAutoScalingService(
  given: { readonly db: CloudDatabase } & Omit<ScalingContext, "targets">,
  onDefect: (error: unknown, requestId: string) => void,
): Service {
  const context: ScalingContext = { ...given, targets: new Records(given.db, "scalable-target") };
  // One that is new has no id yet: a right to register it names them all.
  const named = ({ ResourceId }: Readonly<Record<string, unknown>>) => {
    const found = typeof ResourceId === "string" ? context.targets.find(ResourceId) : undefined;
    return [{ resource: targetArn(context, found ?? { id: "*" }) }];
  };
  return defineService({
    name: "application-autoscaling",
    model: serviceModel("application-auto-scaling"),
    signingNames: ["application-autoscaling"],
    operations: scalableTargetOperations,
    context,
    accesses: accessesFromTable({
      ...onAnyResource(["DescribeScalableTargets"]),
      RegisterScalableTarget: (input) => [...named(input), ...scaled(context, input)],
      DeregisterScalableTarget: named,
    }),
    onDefect,
  });
}
