import type * as Scaling from "@aws-sdk/client-application-auto-scaling";
import { Fault, type Operations } from "@sluice/aws-protocol";
import { randomHex } from "../../random.ts";
import type { Records } from "../../store/records.ts";
import type { ScalableServices } from "../ecs/index.ts";
import { type ScalableTarget, serviceIn } from "./scalable-target.ts";

/** What the operations work with. */
export interface ScalingContext {
  readonly targets: Records<ScalableTarget>;
  readonly services: ScalableServices;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

const dimension = "ecs:service:DesiredCount";

/** Targets on a page: Application Auto Scaling's own limit. */
const pageMax = 50;

/** Operations on scalable targets. Nothing but their bounds scales here: there are no policies and no schedules. */
export const scalableTargetOperations: Partial<Operations<typeof Scaling, ScalingContext>> = {
  RegisterScalableTarget(context, input) {
    const { ResourceId: resourceId = "", SuspendedState: suspended } = input;
    const service = checked(input);
    if (Object.keys(input.Tags ?? {}).length > 0) throw invalid("Tags of scalable targets are not kept here");
    const count = context.services.desiredCount(service.cluster, service.name);
    if (count === undefined) throw invalid(`ECS service doesn't exist: ${resourceId.slice(0, 300)}`);
    const earlier = context.targets.find(resourceId);
    const [min, max] = [input.MinCapacity ?? earlier?.min, input.MaxCapacity ?? earlier?.max];
    if (min === undefined || max === undefined)
      throw invalid("Both MinCapacity and MaxCapacity must be provided when a new scalable target is registered");
    if (min < 0 || max < 0) throw invalid(`MinCapacity and MaxCapacity cannot be less than 0: ${min} and ${max}`);
    if (min > max) throw invalid(`Maximum capacity cannot be less than minimum capacity: ${max} is less than ${min}`);
    const target: ScalableTarget = {
      resourceId,
      id: earlier?.id ?? `0ec5${randomHex(24)}`,
      min,
      max,
      suspended: { ...none, ...earlier?.suspended, ...suspended },
      createdAt: earlier?.createdAt ?? context.clock(),
    };
    context.targets.put(resourceId, target);
    keepWithin(context, target, { service, count });
    return { ScalableTargetARN: targetArn(context, target) };
  },

  DescribeScalableTargets(context, { ServiceNamespace, ResourceIds, ScalableDimension, MaxResults, NextToken }) {
    checkKind({ ServiceNamespace, ScalableDimension });
    const all = context.targets.all().filter(({ resourceId }) => ResourceIds?.includes(resourceId) ?? true);
    const first = NextToken === undefined ? 0 : all.findIndex(({ id }) => id === NextToken);
    if (first < 0) throw new Fault("InvalidNextTokenException", `The token ${NextToken?.slice(0, 80)} is invalid`);
    const end = first + Math.min(Math.max(MaxResults ?? pageMax, 1), pageMax);
    return {
      ScalableTargets: all.slice(first, end).map((target) => describe(context, target)),
      NextToken: all[end]?.id,
    };
  },

  DeregisterScalableTarget({ targets }, input) {
    checked(input);
    if (targets.delete(input.ResourceId ?? "")) return {};
    throw new Fault(
      "ObjectNotFoundException",
      `No scalable target found for service namespace: ecs, resource ID: ${input.ResourceId?.slice(0, 300)}, scalable dimension: ${dimension}`,
    );
  },
};

const none = { DynamicScalingInSuspended: false, DynamicScalingOutSuspended: false, ScheduledScalingSuspended: false };

/** A count outside of the bounds moves to them, unless scaling that way is suspended. */
function keepWithin(
  { services }: ScalingContext,
  { min, max, suspended }: ScalableTarget,
  { service, count }: { readonly service: { readonly cluster: string; readonly name: string }; readonly count: number },
): void {
  const isTooFew = count < min && suspended.DynamicScalingOutSuspended !== true;
  const isTooMany = count > max && suspended.DynamicScalingInSuspended !== true;
  if (isTooFew || isTooMany) services.scale(service.cluster, service.name, isTooFew ? min : max);
}

interface NamesTarget {
  readonly ServiceNamespace?: string | undefined;
  readonly ResourceId?: string | undefined;
  readonly ScalableDimension?: string | undefined;
}

function checkKind({ ServiceNamespace: namespace = "", ScalableDimension: given }: NamesTarget): void {
  if (namespace !== "ecs" || (given !== undefined && given !== dimension))
    throw invalid(
      `Unsupported service namespace, resource type or scalable dimension: here, ecs has ${dimension}, and ${`${namespace} ${given ?? ""}`.trim().slice(0, 200)} is not there`,
    );
}

function checked(input: NamesTarget): { readonly cluster: string; readonly name: string } {
  checkKind({ ...input, ScalableDimension: input.ScalableDimension ?? "" });
  const service = serviceIn(input.ResourceId ?? "");
  if (service === undefined)
    throw invalid(`The resource ID ${input.ResourceId?.slice(0, 300)} is not of the form service/CLUSTER/SERVICE`);
  return service;
}

/** Returns the ARN of a scalable target. */
export const targetArn = (
  { region, accountId }: Pick<ScalingContext, "region" | "accountId">,
  { id }: Pick<ScalableTarget, "id">,
): string => `arn:aws:application-autoscaling:${region}:${accountId}:scalable-target/${id}`;

function describe(context: ScalingContext, target: ScalableTarget) {
  return {
    ServiceNamespace: "ecs" as const,
    ResourceId: target.resourceId,
    ScalableDimension: dimension,
    MinCapacity: target.min,
    MaxCapacity: target.max,
    RoleARN: `arn:aws:iam::${context.accountId}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
    CreationTime: new Date(target.createdAt),
    SuspendedState: { ...target.suspended },
    ScalableTargetARN: targetArn(context, target),
  } as const;
}

const invalid = (message: string): Fault => new Fault("ValidationException", message);
