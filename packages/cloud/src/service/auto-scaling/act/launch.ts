import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import { type InstanceRecord, newInstances, subnetOf } from "../../ec2/index.ts";
import { recordFailedLaunch, openLaunch } from "./causes.ts";
import type { AutoScalingContext } from "../context.ts";
import type { LaunchReason } from "../decide/decide.ts";
import { type Group, isCounted, type Member } from "../model/group.ts";
import { withOverride } from "../launch-source/mixed-instances.ts";
import { notify } from "./notify.ts";
import { asRefreshed } from "../decide/refresh.ts";

/** How long a group waits before it tries again after EC2 has refused a launch, in seconds. */
const retrySeconds = 15;

/** Launches instances of a group, one in each given subnet. EC2's records and the group's are written in one transaction. */
export function launch(
  context: AutoScalingContext,
  group: Group,
  { subnetIds, why }: { readonly subnetIds: readonly string[]; readonly why: LaunchReason },
): void {
  const { db, ec2, groups } = context;
  const from = group.members.filter(isCounted).length;
  const records = recordsOf(context, group, subnetIds);
  if (records === undefined) return;
  db.transaction(() => {
    ec2.fleet.add(records);
    const added = records.map((record): Member => {
      const about = { instanceId: record.id, zone: record.availabilityZone, subnetId: record.subnetId };
      const activityId = openLaunch(context, group, { ...about, why, from });
      return { ...newMember(record, group), state: why === "pool" ? "Warmed:Pending" : "Pending", activityId };
    });
    const { launchAgainAt: _, ...kept } = group;
    groups.put({ ...kept, members: [...group.members, ...added], causes: why === "pool" ? group.causes : [] });
  });
}

/** Returns the records of new instances, or undefined, with a failed activity, when EC2 refuses them. */
function recordsOf(
  context: AutoScalingContext,
  group: Group,
  subnetIds: readonly string[],
): readonly InstanceRecord[] | undefined {
  const tags = [{ Key: "aws:autoscaling:groupName", Value: group.name }];
  const source = asRefreshed(group);
  try {
    const bySubnet = [...Map.groupBy(subnetIds, (id) => id)];
    return bySubnet.flatMap(([id, { length }]) => {
      const request = withOverride(requestOf(source, id, length), source);
      return newInstances(context.ec2, request, tags).created;
    });
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const subnetId = subnetIds[0] ?? "";
    const zone = `${context.region}${subnetOf(subnetId).zone}`;
    const message = `${error.message} Launching EC2 instance failed.`;
    const from = group.members.filter(isCounted).length;
    recordFailedLaunch(context, group, { message, zone, subnetId, from });
    context.groups.put({ ...group, launchAgainAt: whenToTryAgain(context) });
    notify(context, group, { event: "autoscaling:EC2_INSTANCE_LAUNCH_ERROR", instanceId: "", activityId: undefined });
    return undefined;
  }
}

/** Returns when a group tries again after a failed launch. */
export const whenToTryAgain = ({ clock, timeScale }: AutoScalingContext): number =>
  clock() + timeScale.milliseconds(retrySeconds);

/** Returns the member for an instance that was just launched or attached. */
export function newMember(
  record: InstanceRecord,
  { protectsNewInstances }: Pick<Group, "protectsNewInstances">,
): Member {
  const templateVersion = record.tags.find(({ Key }) => Key === "aws:ec2launchtemplate:version")?.Value;
  return {
    id: record.id,
    subnetId: record.subnetId,
    zone: record.availabilityZone,
    instanceType: record.instanceType,
    imageId: record.imageId,
    templateVersion,
    state: "Pending",
    health: "Healthy",
    isProtected: protectsNewInstances,
    launchedAt: record.launchedAt,
    actions: [],
  };
}

function requestOf({ launch: source, tags }: Group, SubnetId: string, count: number): RunInstancesCommandInput {
  const Tags = tags.filter(({ propagate }) => propagate).map(({ key, value }) => ({ Key: key, Value: value }));
  const common = {
    MinCount: count,
    MaxCount: count,
    SubnetId,
    TagSpecifications: Tags.length === 0 ? undefined : [{ ResourceType: "instance" as const, Tags }],
  };
  if (source.kind === "template")
    return { ...common, LaunchTemplate: { LaunchTemplateId: source.id, Version: source.version } };
  const { data } = source;
  return {
    ...common,
    ImageId: data.ImageId,
    InstanceType: data.InstanceType,
    KeyName: data.KeyName,
    UserData: data.UserData,
    SecurityGroupIds: data.SecurityGroupIds,
    IamInstanceProfile: data.IamInstanceProfile,
  };
}
