import type { CreateLoadBalancerCommandInput, Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import { type Access, type AccessTable, onAnyResource, requestTags, resourceTags } from "@sluice/aws-protocol";
import type { LoadBalancingContext } from "./context.ts";
import { arnOf } from "./names.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to Elastic Load Balancing touches (its service authorization reference). Its operations take whole ARNs only, so what is found has the ARN that was given. */
export function loadBalancingAccesses(context: LoadBalancingContext): AccessTable {
  const of =
    (member: string) =>
    (input: Input): readonly Access[] =>
      texts(input[member]).map((arn) => withTags(existing(context, arn), input));
  const rows = (member: string, operations: readonly string[]) =>
    Object.fromEntries(operations.map((operation) => [operation, of(member)]));
  return {
    ...onAnyResource(describing),
    ...rows("TargetGroupArn", [
      "ModifyTargetGroup",
      "DeleteTargetGroup",
      "ModifyTargetGroupAttributes",
      "RegisterTargets",
      "DeregisterTargets",
    ]),
    ...rows("LoadBalancerArn", [
      "DeleteLoadBalancer",
      "ModifyLoadBalancerAttributes",
      "SetSubnets",
      "SetSecurityGroups",
      "SetIpAddressType",
      "CreateListener",
    ]),
    ...rows("ListenerArn", [
      "ModifyListener",
      "DeleteListener",
      "ModifyListenerAttributes",
      "AddListenerCertificates",
      "RemoveListenerCertificates",
      "CreateRule",
    ]),
    ...rows("RuleArn", ["ModifyRule", "DeleteRule"]),
    ...rows("ResourceArns", ["AddTags", "RemoveTags"]),
    CreateTargetGroup: (input) => made(context, `targetgroup/${texts(input["Name"])[0] ?? "*"}/*`, input),
    CreateLoadBalancer(input) {
      const { Type, Name = "*" } = input as Partial<CreateLoadBalancerCommandInput>; // decoded by the service's own table
      return made(context, `loadbalancer/${Type === "network" ? "net" : "app"}/${Name}/*`, input);
    },
    SetRulePriorities: ({ RulePriorities }) =>
      ((RulePriorities ?? []) as readonly Input[]).flatMap(({ RuleArn }) =>
        // decoded, as above
        texts(RuleArn).map((arn) => existing(context, arn)),
      ),
  };
}

const describing = [
  "DescribeTargetGroups",
  "DescribeTargetGroupAttributes",
  "DescribeTargetHealth",
  "DescribeLoadBalancers",
  "DescribeLoadBalancerAttributes",
  "DescribeListeners",
  "DescribeListenerAttributes",
  "DescribeListenerCertificates",
  "DescribeRules",
  "DescribeTags",
];

/** The condition key of a resource's tags, before the tag's key, as the reference has it. */
const tagPrefix = "elasticloadbalancing:ResourceTag";

function existing({ records }: LoadBalancingContext, arn: string): Access {
  const { targetGroups, loadBalancers, listeners, rules } = records;
  const found = [targetGroups, loadBalancers, listeners, rules].map((kind) => kind.find(arn)).find(Boolean);
  return { resource: arn, context: resourceTags(found?.tags, tagPrefix) };
}

/** Something that a request creates: it gets the rest of its ARN only then. */
function made(context: LoadBalancingContext, path: string, input: Input): readonly Access[] {
  const resource = arnOf(context, path);
  const tags = tagsIn(input);
  const tagging = {
    action: "elasticloadbalancing:AddTags",
    resource,
    isOpen: true,
    context: {
      ...requestTags(tags),
      "elasticloadbalancing:CreateAction": path.startsWith("target") ? "CreateTargetGroup" : "CreateLoadBalancer",
    },
  };
  return [{ resource, context: requestTags(tags) }, ...(tags.length === 0 ? [] : [tagging])];
}

const withTags = (access: Access, input: Input): Access => ({
  ...access,
  context: { ...access.context, ...requestTags(tagsIn(input), texts(input["TagKeys"])) },
});

const tagsIn = ({ Tags }: Input) => (Tags ?? []) as readonly Tag[]; // decoded by the service's own table

const texts = (found: unknown): readonly string[] =>
  [found].flat().filter((one): one is string => typeof one === "string");
