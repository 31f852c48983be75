import type { Service } from "@sluice/aws-protocol";
import { ask } from "./ask.ts";
import { each, plain, type Rows, tagged } from "./row.ts";

const account = "123456789012";
const Tags = [{ Key: "protected", Value: "true" }];
const found = (text: string, element: string) => new RegExp(`<${element}>([^<]+)<`).exec(text)?.[1] ?? "";
const elb = (path: string) => `arn:aws:elasticloadbalancing:eu-west-1:${account}:${path}`;

/** What operations of Elastic Load Balancing touch. */
export async function loadBalancingRows(service: Service): Promise<Rows> {
  const make = (operation: string, input: Readonly<Record<string, unknown>>) =>
    ask(service, "load-balancing", operation, input);
  const TargetGroupArn = found(
    await make("CreateTargetGroup", { Name: "web", Protocol: "HTTP", Port: 80, VpcId: "vpc-00000000000000001", Tags }),
    "TargetGroupArn",
  );
  const LoadBalancerArn = found(
    await make("CreateLoadBalancer", {
      Name: "web",
      Subnets: ["subnet-0000000000000000a", "subnet-0000000000000000b"],
      Tags,
    }),
    "LoadBalancerArn",
  );
  const group = tagged([TargetGroupArn], { TargetGroupArn });
  const balancer = tagged([LoadBalancerArn], { LoadBalancerArn });
  const [ListenerArn, RuleArn] = [elb("listener/app/web/1/2"), elb("listener-rule/app/web/1/2/3")];
  return {
    ...each("ModifyTargetGroup DeleteTargetGroup ModifyTargetGroupAttributes RegisterTargets DeregisterTargets", group),
    ...each(
      "DeleteLoadBalancer ModifyLoadBalancerAttributes SetSubnets SetSecurityGroups SetIpAddressType CreateListener",
      balancer,
    ),
    ...each(
      "ModifyListener DeleteListener ModifyListenerAttributes AddListenerCertificates RemoveListenerCertificates CreateRule",
      plain([ListenerArn], { ListenerArn }),
    ),
    ...each("ModifyRule DeleteRule", plain([RuleArn], { RuleArn })),
    SetRulePriorities: plain([RuleArn], { RulePriorities: [{ RuleArn, Priority: 1 }] }),
    ...each(
      "AddTags RemoveTags",
      tagged([TargetGroupArn, LoadBalancerArn, RuleArn], { ResourceArns: [TargetGroupArn, LoadBalancerArn, RuleArn] }),
    ),
    CreateTargetGroup: plain([elb("targetgroup/new/*")], { Name: "new" }),
    CreateLoadBalancer: plain([elb("loadbalancer/*/new/*")], { Name: "new" }, { Name: "new", Type: "network" }),
    ...each(
      `DescribeTargetGroups DescribeTargetGroupAttributes DescribeTargetHealth DescribeLoadBalancers
       DescribeLoadBalancerAttributes DescribeListeners DescribeListenerAttributes DescribeListenerCertificates
       DescribeRules DescribeTags`,
      "nothing",
    ),
  };
}

/** What operations on classic load balancers touch. */
export function classicRows(): Rows {
  const arn = elb("loadbalancer/classic");
  return {
    ...each(
      `CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes ConfigureHealthCheck
       RegisterInstancesWithLoadBalancer DeregisterInstancesFromLoadBalancer CreateLoadBalancerListeners
       DeleteLoadBalancerListeners`,
      plain([arn], { LoadBalancerName: "classic" }),
    ),
    ...each("AddTags RemoveTags", plain([arn], { LoadBalancerNames: ["another", "classic"] })),
    ...each("DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeInstanceHealth DescribeTags", "nothing"),
  };
}
