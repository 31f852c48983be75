import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type Service,
  type Task,
} from "@aws-sdk/client-ecs";
import { imageFolder, network, whyNoImages } from "../../packages/cloud/test/ecs/containers.ts";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

const describe = async (ecs: ECSClient, ...tasks: readonly string[]): Promise<readonly Task[]> =>
  (await ecs.send(new DescribeTasksCommand({ tasks: [...tasks] }))).tasks ?? [];

const list = async (ecs: ECSClient): Promise<readonly string[]> =>
  ((await ecs.send(new ListTasksCommand({}))).taskArns ?? []).toSorted();

async function service(ecs: ECSClient): Promise<Service | undefined> {
  return (await ecs.send(new DescribeServicesCommand({ services: ["web"] }))).services?.[0];
}

/** A local cloud with a cluster and a task definition whose task counts in its shared memory. */
async function openTasks(t: TestContext): Promise<{ sluice: SluiceProcess; ecs: () => Promise<ECSClient> }> {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns"]);
  await sluice.open();
  const ecs = async () => {
    const client = new ECSClient(await sluice.clientOptions());
    t.after(() => client.destroy());
    return client;
  };
  const client = await ecs();
  await client.send(new CreateClusterCommand({}));
  const script = "i=0; while :; do i=$((i + 1)); echo $i > /dev/shm/count; sleep 0.1; done";
  await client.send(
    new RegisterTaskDefinitionCommand({
      family: "web",
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      containerDefinitions: [
        { name: "web", image: `file:${imageFolder(t, "1")}`, command: ["/bin/sh", "-c", script], stopTimeout: 2 },
      ],
    }),
  );
  return { sluice, ecs };
}

test("after a power cut of the server its tasks are the same ones, and ran on meanwhile", { skip }, async (t) => {
  const { sluice, ecs } = await openTasks(t);
  const before = await ecs();
  await before.send(
    new CreateServiceCommand({
      serviceName: "web",
      taskDefinition: "web",
      desiredCount: 2,
      launchType: "FARGATE",
      networkConfiguration: network,
    }),
  );
  await before.send(
    new RunTaskCommand({ taskDefinition: "web", launchType: "FARGATE", networkConfiguration: network }),
  );
  await eventually("three tasks run", async () => {
    const arns = await list(before);
    const tasks = arns.length === 3 ? await describe(before, ...arns) : [];
    return tasks.length === 3 && tasks.every(({ lastStatus }) => lastStatus === "RUNNING") ? true : undefined;
  });
  const arns = await list(before);
  const [first = ""] = arns;
  const id = first.slice(first.lastIndexOf("/") + 1);
  const count = async () => Number((await sluice.cli("exec", id, "--", "/bin/cat", "/dev/shm/count")).stdout);
  const counted = await count();

  await sluice.kill();
  await sluice.open();

  const after = await ecs();
  assert.deepEqual(await list(after), arns);
  await eventually("they are known to run", async () =>
    (await describe(after, ...arns)).every(({ lastStatus }) => lastStatus === "RUNNING") ? true : undefined,
  );
  assert((await count()) > counted, "it counted on");
  await eventually("the service is steady", async () =>
    (await service(after))?.runningCount === 2 ? true : undefined,
  );
  assert.deepEqual(await list(after), arns);
});

test("tasks that ended with everything are not said to run, and a service has others", { skip }, async (t) => {
  const { sluice, ecs } = await openTasks(t);
  const before = await ecs();
  await before.send(
    new CreateServiceCommand({
      serviceName: "web",
      taskDefinition: "web",
      desiredCount: 1,
      launchType: "FARGATE",
      networkConfiguration: network,
    }),
  );
  await eventually("it runs", async () => ((await service(before))?.runningCount === 1 ? true : undefined));
  const [lost = ""] = await list(before);

  await sluice.kill();
  await sluice.cli("down"); // as a machine that was switched off
  await sluice.open();

  const after = await ecs();
  const task = await eventually("the task is known to have stopped", async () => {
    const [found] = await describe(after, lost);
    assert.notEqual(found?.lastStatus, "RUNNING");
    return found?.lastStatus === "STOPPED" ? found : undefined;
  });
  assert.equal(task.stopCode, "TerminationNotice");
  await eventually("another one runs", async () => ((await service(after))?.runningCount === 1 ? true : undefined));
  assert(!(await list(after)).includes(lost));
});
