import { Fault } from "@sluice/aws-protocol";
import { changeAttributes, listAttributes, targetGroupAttributes } from "./attributes.ts";
import type { LoadBalancingContext, LoadBalancingOperations } from "../context.ts";
import { arnOf, newArnSuffix, page } from "../names.ts";
import type { TargetGroupRecord } from "../records.ts";
import { mergeTags } from "./tags.ts";
import { checkOf, describeTargetGroup, newSettings } from "./target-group-settings.ts";

/** Operations on target groups. */
export const targetGroupOperations: LoadBalancingOperations = {
  CreateTargetGroup(context, input) {
    const { records } = context;
    const settings = newSettings(input);
    const found = records.targetGroups.all().find(({ name }) => name === settings.name);
    if (found !== undefined) {
      const { arn: _, attributes: __, tags: ___, ...before } = found;
      if (JSON.stringify(before) !== JSON.stringify(settings))
        throw new Fault(
          "DuplicateTargetGroupName",
          `A target group with the same name '${settings.name}' exists, but with different settings`,
        );
      return { TargetGroups: [describeTargetGroup(found, records.users().get(found.arn))] };
    }
    const arn = arnOf(context, `targetgroup/${settings.name}/${newArnSuffix()}`);
    const group: TargetGroupRecord = { ...settings, arn, attributes: {}, tags: mergeTags([], input.Tags ?? []) };
    records.targetGroups.put(arn, group);
    return { TargetGroups: [describeTargetGroup(group)] };
  },

  async ModifyTargetGroup({ records, balancing }, input) {
    const group = targetGroupOf(records, input.TargetGroupArn);
    const changed = { ...group, check: checkOf(input, group.check) };
    records.targetGroups.put(group.arn, changed);
    await balancing.apply();
    return { TargetGroups: [describeTargetGroup(changed, records.users().get(group.arn))] };
  },

  DescribeTargetGroups({ records }, { TargetGroupArns = [], Names = [], LoadBalancerArn, ...paging }) {
    const users = records.users();
    const all = records.targetGroups.all();
    const isMissing =
      TargetGroupArns.some((arn) => !all.some((group) => group.arn === arn)) ||
      Names.some((name) => !all.some((group) => group.name === name));
    if (isMissing) throw new Fault("TargetGroupNotFound", "One or more target groups not found");
    const wanted = all
      .filter(({ arn }) => TargetGroupArns.length === 0 || TargetGroupArns.includes(arn))
      .filter(({ name }) => Names.length === 0 || Names.includes(name))
      .filter(({ arn }) => LoadBalancerArn === undefined || users.get(arn)?.has(LoadBalancerArn) === true);
    const { items, next } = page(wanted, paging);
    return { TargetGroups: items.map((group) => describeTargetGroup(group, users.get(group.arn))), ...next };
  },

  async DeleteTargetGroup({ records, balancing }, { TargetGroupArn = "" }) {
    if (records.users().has(TargetGroupArn))
      throw new Fault("ResourceInUse", `Target group '${TargetGroupArn}' is currently in use by a listener or a rule`);
    for (const target of records.targetsOf(TargetGroupArn)) records.deleteTarget(target);
    records.targetGroups.delete(TargetGroupArn);
    await balancing.apply();
  },

  DescribeTargetGroupAttributes({ records }, { TargetGroupArn }) {
    const { protocol, attributes } = targetGroupOf(records, TargetGroupArn);
    return { Attributes: listAttributes(targetGroupAttributes[protocol], attributes) };
  },

  async ModifyTargetGroupAttributes({ records, balancing }, { TargetGroupArn, Attributes = [] }) {
    const group = targetGroupOf(records, TargetGroupArn);
    const table = targetGroupAttributes[group.protocol];
    const attributes = changeAttributes(table, group.attributes, Attributes);
    records.targetGroups.put(group.arn, { ...group, attributes });
    await balancing.apply();
    return { Attributes: listAttributes(table, attributes) };
  },
};

/** Returns the target group of an ARN; throws a Fault when there is none. */
export function targetGroupOf(records: LoadBalancingContext["records"], arn: string | undefined): TargetGroupRecord {
  const group = records.targetGroups.find(arn ?? "");
  if (group === undefined) throw new Fault("TargetGroupNotFound", `Target groups '${arn ?? ""}' not found`);
  return group;
}
