import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  type ContainerDefinition,
  DescribeTasksCommand,
  ListTasksCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import { IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { makeCgroupFolder, removeCgroupFolder } from "../../src/instance/namespaces/cgroup-folder.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { whyNoNamespaces } from "../../../../test/support/why-no-namespaces.ts";
import { type ContainerFixture, imageFolder, network, openContainerFixture, whyNoImages } from "./containers.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

/** Runs one task of a definition; gives its ARN. */
async function runTask(
  { ecs }: ContainerFixture,
  taskDefinition: string,
  more: Partial<RunTaskCommandInput> = {},
): Promise<string> {
  const { tasks = [] } = await ecs.send(
    new RunTaskCommand({
      ...{ cluster: "demo", taskDefinition, launchType: "FARGATE", networkConfiguration: network },
      ...more,
    }),
  );
  return tasks[0]?.taskArn ?? assert.fail("a task was started");
}

/** Waits until a task is in a state; gives it. */
const reaches = ({ tasks }: ContainerFixture, arn: string, state: string): Promise<Task> =>
  eventually(`the task is ${state}`, async () => {
    const [task] = await tasks([arn]);
    return task?.lastStatus === state ? task : undefined;
  });

/** A container that runs words of a shell. */
const shell = (t: TestContext, script: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
  ...{ name: "main", image: `file:${imageFolder(t, "1")}`, command: ["/bin/sh", "-c", script] },
  ...{ stopTimeout: 2, ...more },
});

/** Why memory cannot be limited on this machine; false when it can. */
async function whyNoLimits(): Promise<string | false> {
  const made = makeCgroupFolder("/probe", undefined);
  await removeCgroupFolder("/probe");
  return made === undefined ? "cgroups cannot be made on this machine" : false;
}

const main = (task: Task) => task.containers?.[0] ?? assert.fail("it has a container");

test("a task that ends tells its container's exit code and its last words", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const definition = await fixture.define("job", [shell(t, "echo first; echo no such table >&2; exit 3")]);

  const task = await reaches(fixture, await runTask(fixture, definition), "STOPPED");

  assert.equal(task.stopCode, "EssentialContainerExited");
  assert.equal(task.stoppedReason, "Essential container in task exited");
  assert.equal(main(task).exitCode, 3);
  assert.equal(main(task).reason, "Its last output: first | no such table");
  assert.deepEqual(
    [task.createdAt, task.pullStartedAt, task.startedAt, task.stoppingAt, task.stoppedAt].map(
      (at) => at instanceof Date,
    ),
    [true, true, true, true, true],
  );
});

test("a task that is stopped ends by itself or is killed, as its container likes it", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const [obeys, ignores] = await Promise.all([
    fixture.define("obeys", [shell(t, "trap 'exit 0' TERM; while :; do sleep 0.05; done")]),
    fixture.define("ignores", [shell(t, "trap '' TERM; while :; do sleep 1; done")]),
  ]);
  const arns = [await runTask(fixture, obeys), await runTask(fixture, ignores)];
  for (const arn of arns) await reaches(fixture, arn, "RUNNING");

  for (const task of arns) await fixture.ecs.send(new StopTaskCommand({ cluster: "demo", task, reason: "enough" }));

  const [one, other] = [
    await reaches(fixture, arns[0] ?? "", "STOPPED"),
    await reaches(fixture, arns[1] ?? "", "STOPPED"),
  ];
  assert.deepEqual([one.stopCode, one.stoppedReason, main(one).exitCode], ["UserInitiated", "enough", 0]);
  assert.deepEqual([other.stopCode, main(other).exitCode], ["UserInitiated", 137]);
});

test(
  "containers start when what they depend on has come about, and share their volumes and localhost",
  { skip },
  async (t) => {
    const fixture = await openContainerFixture(t);
    const mountPoints = [{ sourceVolume: "shared", containerPath: "/shared" }];
    const definition = await fixture.define(
      "ordered",
      [
        shell(t, "/bin/busybox wget -qO- http://127.0.0.1:9000/ready; cat /shared/made", {
          ...{ name: "last", mountPoints },
          dependsOn: [
            { containerName: "first", condition: "SUCCESS" },
            { containerName: "server", condition: "HEALTHY" },
          ],
        }),
        shell(t, "echo made by first > /shared/made", { name: "first", essential: false, mountPoints }),
        shell(t, "cd /tmp; sleep 0.2; echo is ready > ready; exec /bin/busybox httpd -f -p 9000", {
          ...{ name: "server", essential: false },
          healthCheck: { command: ["CMD-SHELL", "cat /tmp/ready"], interval: 5, retries: 10 },
        }),
      ],
      { volumes: [{ name: "shared" }] },
    );
    const task = await reaches(fixture, await runTask(fixture, definition), "STOPPED");

    const last = task.containers?.find(({ name }) => name === "last");
    assert.equal(last?.exitCode, 0, JSON.stringify(task));
    assert.equal(task.containers?.find(({ name }) => name === "server")?.healthStatus, "HEALTHY");
  },
);

test(
  "secrets come from parameters that the execution role may read, and output goes to its log group",
  { skip },
  async (t) => {
    const fixture = await openContainerFixture(t);
    const [ssm, logs, iam] = [
      new SSMClient(fixture.cloud.client),
      new CloudWatchLogsClient(fixture.cloud.client),
      new IAMClient(fixture.cloud.client),
    ];
    for (const client of [ssm, logs, iam]) t.after(() => client.destroy());
    await ssm.send(new PutParameterCommand({ Name: "/db/password", Value: "it's\na secret", Type: "SecureString" }));
    const options = { "awslogs-group": "/ecs/job", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "job" };
    const definition = await fixture.define("job", [
      shell(t, 'echo "$PASSWORD, $PLAIN, $(id -u)"', {
        ...{ user: "1000", secrets: [{ name: "PASSWORD", valueFrom: "/db/password" }] },
        ...{ environment: [{ name: "PLAIN", value: "a" }], logConfiguration: { logDriver: "awslogs", options } },
      }),
    ]);

    const refused = await reaches(fixture, await runTask(fixture, definition), "STOPPED");
    await iam.send(
      new PutRolePolicyCommand({ RoleName: "execution", PolicyName: "reads", PolicyDocument: JSON.stringify(mayRead) }),
    );
    const lost = await reaches(fixture, await runTask(fixture, definition), "STOPPED");
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/ecs/job" }));
    const arn = await runTask(fixture, definition, {
      overrides: { containerOverrides: [{ name: "main", environment: [{ name: "PLAIN", value: "b" }] }] },
    });
    const task = await reaches(fixture, arn, "STOPPED");

    assert.equal(refused.stopCode, "TaskFailedToStart");
    assert.match(
      refused.stoppedReason ?? "",
      /unable to retrieve secrets from ssm.*not authorized to perform: ssm:GetParameters/,
    );
    assert.match(lost.stoppedReason ?? "", /The specified log group does not exist/);
    assert.equal(main(task).exitCode, 0, JSON.stringify(task));
    const { events = [] } = await logs.send(
      new GetLogEventsCommand({ logGroupName: "/ecs/job", logStreamName: `job/main/${arn.split("/").at(-1)}` }),
    );
    assert.deepEqual(
      events.map(({ message }) => message),
      ["it's", "a secret, b, 1000"],
    );
  },
);

const mayRead = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["ssm:GetParameters", "logs:CreateLogStream"], Resource: "*" }],
};

test("a task that cannot start says why, in AWS's words", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const folder = imageFolder(t, "1");
  const cases: readonly [Partial<ContainerDefinition>, RegExp, RegExp][] = [
    [{ image: "file:/nowhere" }, /^CannotPullContainerError/, /^CannotPullContainerError/],
    [
      { command: ["/nope"] },
      /^Task failed to start$/,
      /^CannotStartContainerError:.*"\/nope": stat \/nope: no such file/,
    ],
    [{ command: ["nope"] }, /^Task failed to start$/, /executable file not found in \$PATH/],
    [{ command: [] }, /^Task failed to start$/, /^CannotCreateContainerError: .*no command specified/],
    [{ user: "nobody-here" }, /^Task failed to start$/, /unable to find user nobody-here/],
  ];

  for (const [index, [part, reason, container]] of cases.entries()) {
    const containers = [{ name: "main", image: `file:${folder}`, command: ["/bin/sleep", "9"], ...part }];
    const task = await reaches(
      fixture,
      await runTask(fixture, await fixture.define(`bad-${index}`, containers)),
      "STOPPED",
    );
    assert.equal(task.stopCode, "TaskFailedToStart");
    assert.match(task.stoppedReason ?? "", reason);
    assert.match(main(task).reason ?? "", container);
    assert.equal(task.startedAt, undefined);
  }
});

test(
  "a container that uses up its memory is ended, and the task says so",
  { skip: skip || (await whyNoLimits()) },
  async (t) => {
    const fixture = await openContainerFixture(t);
    const script = "x=0123456789abcdef; while :; do x=$x$x; done";
    const definition = await fixture.define("greedy", [shell(t, script, { memory: 16 })]);
    const task = await reaches(fixture, await runTask(fixture, definition), "STOPPED");

    assert.equal(main(task).exitCode, 137);
    assert.equal(main(task).reason, "OutOfMemoryError: Container killed due to memory usage");
  },
);

test("a command runs beside a container's own, as its user and with its variables", { skip }, async (t) => {
  const fixture = await openContainerFixture(t);
  const environment = [
    { name: "GREETING", value: "it's" },
    { name: "a.b", value: "c" },
  ];
  const definition = await fixture.define("long", [shell(t, "sleep 60", { user: "1000:2000", environment })]);
  const arn = await runTask(fixture, definition);
  await reaches(fixture, arn, "RUNNING");
  const id = arn.split("/").at(-1) ?? "";

  const { code, output } = await fixture.cloud.exec(`${id}/main`, "/bin/sh", "-c", 'echo "$GREETING"; id; exit 5');
  const variables = await fixture.cloud.exec(id, "/bin/busybox", "env");
  const missing = await fixture.cloud.exec(id, "nothing-like-it");

  assert.equal(output, "it's\nuid=1000 gid=2000\n");
  assert.equal(code, 5);
  assert.match(variables.output, /^a\.b=c$/m);
  assert.deepEqual(missing, { code: 127, output: 'exec: "nothing-like-it": executable file not found in $PATH\n' });
});

test(
  "a request that comes again with its token starts nothing, and an unknown task is said to be missing",
  { skip },
  async (t) => {
    const fixture = await openContainerFixture(t);
    const definition = await fixture.define("long", [shell(t, "sleep 60")]);

    const arns = [
      await runTask(fixture, definition, { clientToken: "once" }),
      await runTask(fixture, definition, { clientToken: "once" }),
    ];
    const { taskArns = [] } = await fixture.ecs.send(new ListTasksCommand({ cluster: "demo", family: "long" }));
    const { failures = [] } = await fixture.ecs.send(
      new DescribeTasksCommand({ cluster: "demo", tasks: ["0".repeat(32)] }),
    );

    assert.deepEqual(taskArns, [arns[0]]);
    assert.equal(arns[1], arns[0]);
    assert.equal(failures[0]?.reason, "MISSING");
  },
);
