import type { Service } from "@sluice/aws-protocol";
import { ask } from "./ask.ts";
import { each, plain, type Rows, tagged } from "./row.ts";

const ecs = (path: string) => `arn:aws:ecs:eu-west-1:123456789012:${path}`;
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const tags = [{ key: "protected", value: "true" }];
const [taskRoleArn, executionRoleArn] = [role("task"), role("execution")];
const networkConfiguration = { awsvpcConfiguration: { subnets: ["subnet-0000000000000000a"] } };
const found = (text: string, member: string) => new RegExp(`"${member}":"([^"]+)"`).exec(text)?.[1] ?? "";

/** What operations of ECS touch: one thing of each kind is made first. */
export async function ecsRows(service: Service): Promise<Rows> {
  const make = (operation: string, input: Readonly<Record<string, unknown>>) => ask(service, "ecs", operation, input);
  await make("CreateCluster", { clusterName: "demo", tags });
  await make("RegisterTaskDefinition", { ...definition, tags });
  const external = { serviceName: "web", cluster: "demo", deploymentController: { type: "EXTERNAL" }, tags };
  await make("CreateService", external);
  const launch = { launchType: "FARGATE", networkConfiguration };
  const set = found(
    await make("CreateTaskSet", { cluster: "demo", service: "web", taskDefinition: "web", ...launch, tags }),
    "taskSetArn",
  );
  const task = found(await make("RunTask", { cluster: "demo", taskDefinition: "web", ...launch, tags }), "taskArn");
  const [cluster, web, revision] = [ecs("cluster/demo"), ecs("service/demo/web"), ecs("task-definition/web:1")];
  const clusters = ["demo", cluster];
  const inEach = (input: Readonly<Record<string, unknown>>) => clusters.map((name) => ({ cluster: name, ...input }));
  const services = ["web", web, ecs("service/web")];
  const definitions = ["web", "web:1", revision, ecs("task-definition/web")];
  const ids = (arn: string) => [arn, arn.slice(arn.lastIndexOf("/") + 1)];
  const sets = [set, set.split("/").slice(-2).join("/")];
  const roles = [taskRoleArn, executionRoleArn];
  return {
    ...each("ListClusters ListTaskDefinitions ListTaskDefinitionFamilies DescribeCapacityProviders", "nothing"),
    ...each("DescribeTaskDefinition DeregisterTaskDefinition ListTasks ListServices", "nothing"),
    CreateCluster: plain([cluster], { clusterName: "demo" }),
    ...each(
      "DeleteCluster UpdateCluster UpdateClusterSettings PutClusterCapacityProviders ListContainerInstances",
      tagged([cluster], ...inEach({})),
    ),
    DescribeClusters: tagged([cluster], ...clusters.map((name) => ({ clusters: ["other", name] }))),
    DescribeContainerInstances: plain(
      [ecs("container-instance/demo/abc")],
      ...inEach({ containerInstances: ["abc"] }),
      ...inEach({ containerInstances: [ecs("container-instance/demo/abc")] }),
    ),
    RegisterTaskDefinition: plain([ecs("task-definition/web:*"), ...roles], definition),
    DeleteTaskDefinitions: tagged([revision], { taskDefinitions: ["web:1"] }, { taskDefinitions: [revision] }),
    RunTask: tagged(
      [revision, ...roles],
      ...definitions.map((taskDefinition) => ({ cluster: "demo", taskDefinition })),
    ),
    "RunTask with another role": plain([role("other")], {
      cluster: "demo",
      taskDefinition: "web",
      overrides: { taskRoleArn: role("other") },
    }),
    ...each("StopTask", tagged([task], ...ids(task).flatMap((id) => inEach({ task: id })))),
    DescribeTasks: tagged([task], ...ids(task).flatMap((id) => inEach({ tasks: ["0".repeat(32), id] }))),
    ExecuteCommand: tagged([task, cluster], ...ids(task).flatMap((id) => inEach({ task: id }))),
    CreateService: tagged(
      [web, ...roles],
      ...definitions.flatMap((taskDefinition) => inEach({ serviceName: "web", taskDefinition })),
    ),
    UpdateService: tagged(
      [web, ...roles],
      ...services.flatMap((name) => inEach({ service: name, taskDefinition: "web" })),
    ),
    ...each(
      "DeleteService UpdateServicePrimaryTaskSet",
      tagged([web], ...services.flatMap((name) => inEach({ service: name }))),
    ),
    DescribeServices: tagged([web], ...services.flatMap((name) => inEach({ services: ["other", name] }))),
    CreateTaskSet: tagged(
      [ecs("task-set/demo/web/*"), web, ...roles],
      ...services.flatMap((name) => inEach({ service: name, taskDefinition: "web" })),
    ),
    ...each(
      "UpdateTaskSet DeleteTaskSet",
      tagged([set, web], ...sets.flatMap((taskSet) => inEach({ service: "web", taskSet }))),
    ),
    DescribeTaskSets: tagged([set, web], ...sets.flatMap((taskSet) => inEach({ service: "web", taskSets: [taskSet] }))),
    ...Object.fromEntries(
      [cluster, web, revision, set, task].flatMap((resourceArn) =>
        ["TagResource", "UntagResource", "ListTagsForResource"].map((operation) => [
          `${operation} of ${resourceArn}`,
          tagged([resourceArn], { resourceArn }),
        ]),
      ),
    ),
  };
}

const definition = {
  family: "web",
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  cpu: "256",
  memory: "512",
  taskRoleArn,
  executionRoleArn,
  containerDefinitions: [{ name: "web", image: "web:1" }],
};

/** What operations of Application Auto Scaling touch: a target that is new has no ARN yet. */
export function applicationAutoScalingRows(): Rows {
  const target = "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/*";
  const about = {
    ServiceNamespace: "ecs",
    ResourceId: "service/demo/web",
    ScalableDimension: "ecs:service:DesiredCount",
  };
  return {
    DescribeScalableTargets: "nothing",
    RegisterScalableTarget: plain([target, ecs("service/demo/web")], about),
    DeregisterScalableTarget: plain([target], about),
  };
}
