import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import {
  type ContainerDefinition,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { eventually } from "../../../../test/support/eventually.ts";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import { whyNoNamespaces } from "../../../../test/support/why-no-namespaces.ts";
import { openBalanced } from "../targets.ts";
import {
  type ContainerFixture,
  imageFolder,
  network,
  openContainerFixture,
  serves,
  whyNoImages,
} from "./containers.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

/** A container that serves a page. */
const web = (t: TestContext, version: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
  name: "web",
  image: `file:${imageFolder(t, version)}`,
  command: serves,
  stopTimeout: 2,
  portMappings: [{ containerPort: 8080 }],
  ...more,
});

const create = ({ ecs }: ContainerFixture, input: Partial<CreateServiceCommandInput>) =>
  ecs.send(
    new CreateServiceCommand({
      cluster: "demo",
      serviceName: "web",
      launchType: "FARGATE",
      networkConfiguration: network,
      desiredCount: 2,
      ...input,
    }),
  );

/** The tasks of the service that are to be stopped, or have been. */
async function stopped({ ecs }: ContainerFixture) {
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster: "demo", serviceName: "web", desiredStatus: "STOPPED" }),
  );
  if (taskArns.length === 0) return [];
  return (await ecs.send(new DescribeTasksCommand({ cluster: "demo", tasks: taskArns }))).tasks ?? [];
}

test("a service rolls to another task definition without losing a request", { skip }, async (t) => {
  const fixture = await openContainerFixture(t, { driver: "ns", timeScale: 30 });
  const { elb, group, url } = await openBalanced(t, fixture.cloud);
  const [first, second] = [await fixture.define("web", [web(t, "1")]), await fixture.define("web", [web(t, "2")])];
  await create(fixture, {
    taskDefinition: first,
    loadBalancers: [{ targetGroupArn: group, containerName: "web", containerPort: 8080 }],
  });
  await fixture.until("web", "it is steady", ({ deployments }) => deployments?.[0]?.rolloutState === "COMPLETED");
  const answers = new Map<string, number>();
  const load = new AbortController();
  const requests = (async () => {
    while (!load.signal.aborted) {
      const answer = await fetch(url).then(async (response) => `${response.status} ${await response.text()}`);
      answers.set(answer.trim(), (answers.get(answer.trim()) ?? 0) + 1);
    }
  })();

  await fixture.ecs.send(new UpdateServiceCommand({ cluster: "demo", service: "web", taskDefinition: second }));
  const during = await fixture.service("web");
  const after = await fixture.until(
    "web",
    "it has rolled",
    ({ deployments = [] }) => deployments.length === 1 && deployments[0]?.rolloutState === "COMPLETED",
  );
  load.abort();
  await requests;

  assert.deepEqual(
    during.deployments?.map(({ status, taskDefinition }) => [status, taskDefinition]),
    [
      ["PRIMARY", second],
      ["ACTIVE", first],
    ],
  );
  assert.equal(after.taskDefinition, second);
  assert.equal(after.runningCount, 2);
  assert.deepEqual([...answers.keys()].toSorted(), ["200 version 1", "200 version 2"]);
  const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: group }));
  assert.deepEqual(
    TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth?.State),
    ["healthy", "healthy"],
  );
});

test("tasks that their health checks find unhealthy are replaced, and the service says so", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const healthCheck = { command: ["CMD-SHELL", "[ ! -e /tmp/ill ]"], interval: 5, timeout: 2, retries: 1 };
  const definition = await fixture.define("web", [web(t, "1", { healthCheck })]);
  await create(fixture, { taskDefinition: definition, desiredCount: 1 });
  await fixture.until("web", "it runs", ({ runningCount }) => runningCount === 1);
  const { taskArns = [] } = await fixture.ecs.send(new ListTasksCommand({ cluster: "demo", serviceName: "web" }));
  const id = taskArns[0]?.split("/").at(-1) ?? "";

  await fixture.cloud.exec(id, "/bin/sh", "-c", "echo > /tmp/ill");
  const [ill] = await eventually("it is stopped", async () => {
    const tasks = await stopped(fixture);
    return tasks[0]?.lastStatus === "STOPPED" ? tasks : undefined;
  });
  const service = await fixture.until("web", "another one runs", ({ runningCount }) => runningCount === 1);

  assert.equal(ill?.taskArn, taskArns[0]);
  assert.equal(ill?.healthStatus, "UNHEALTHY");
  assert.equal(ill?.stopCode, "ServiceSchedulerInitiated");
  assert.equal(ill?.stoppedReason, "Task failed container health checks");
  const messages = service.events?.map(({ message }) => message) ?? [];
  assert(messages.includes(`(service web) (task ${id}) failed container health checks.`), messages.join("\n"));
});

test("a service whose tasks end at once tries again, less and less often, and says so", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const definition = await fixture.define("web", [web(t, "1", { command: ["/bin/busybox", "false"] })]);
  const breaker = { deploymentCircuitBreaker: { enable: true, rollback: false } };
  await create(fixture, { taskDefinition: definition, deploymentConfiguration: breaker });

  const service = await fixture.until(
    "web",
    "it has given up",
    ({ deployments }) => deployments?.[0]?.rolloutState === "FAILED",
  );

  assert(Number(service.deployments?.[0]?.failedTasks) >= 3);
  const messages = service.events?.map(({ message }) => message) ?? [];
  assert(messages.includes("(service web) is unable to consistently start tasks successfully."), messages.join("\n"));
  for (const { stopCode, containers } of (await stopped(fixture)).filter(({ lastStatus }) => lastStatus === "STOPPED"))
    assert.deepEqual([stopCode, containers?.[0]?.exitCode], ["EssentialContainerExited", 1]);
});

test(
  "the waiters of the CLI see services stable, and inactive once they are deleted",
  { skip: skip || (await whyMissing("aws")) },
  async (t) => {
    const fixture = await openContainerFixture(t);
    await create(fixture, { taskDefinition: await fixture.define("web", [web(t, "1")]) });
    const { cloud } = fixture;
    const about = ["--cluster", "demo", "--services", "web"];

    await fixture.until("web", "both run", ({ runningCount }) => runningCount === 2);
    await cloud.aws("ecs", "wait", "services-stable", ...about);
    await assert.rejects(
      fixture.ecs.send(new DeleteServiceCommand({ cluster: "demo", service: "web" })),
      /The service cannot be stopped while it is scaled above 0/,
    );
    await fixture.ecs.send(new DeleteServiceCommand({ cluster: "demo", service: "web", force: true }));
    await fixture.until("web", "it is inactive", ({ status }) => status === "INACTIVE");
    await cloud.aws("ecs", "wait", "services-inactive", ...about);
  },
);

test(
  "without namespaces tasks are ordinary processes, which are told their port",
  { skip: whyNoImages() },
  async (t) => {
    const fixture = await openContainerFixture(t, { driver: "plain" });
    const { group, url } = await openBalanced(t, fixture.cloud);
    const folder = imageFolder(t, "1");
    writeFileSync(join(folder, "serve.mjs"), readFileSync(new URL("serve.mjs", import.meta.url)));
    const definition = await fixture.define("web", [
      web(t, "1", { image: `file:${folder}`, command: [process.execPath, "serve.mjs"] }),
    ]);
    await create(fixture, {
      taskDefinition: definition,
      loadBalancers: [{ targetGroupArn: group, containerName: "web", containerPort: 8080 }],
    });

    await fixture.until("web", "it is steady", ({ deployments }) => deployments?.[0]?.rolloutState === "COMPLETED");

    assert.equal(await (await fetch(url)).text(), "version 1 \n");
    await fixture.ecs.send(new UpdateServiceCommand({ cluster: "demo", service: "web", desiredCount: 0 }));
    await fixture.until("web", "nothing runs", ({ runningCount }) => runningCount === 0);
  },
);
