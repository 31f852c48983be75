import assert from "node:assert/strict";
import { test } from "node:test";
import type { Task } from "@aws-sdk/client-ecs";
import type { Clients } from "../clients.ts";
import { taskTrouble } from "./task-trouble.ts";

const taskArn = "arn:aws:ecs:eu-west-1:123456789012:task/demo/1234";
const service = { clusterArn: "demo", events: [{ message: "(task set ecs-svc/2) was unable to place a task" }] };
const denied = Object.assign(new Error("no"), { name: "AccessDeniedException" });

/** AWS's ECS with one stopped task, whose output is in CloudWatch Logs, and what is asked there. */
function openAws({
  stopped = {},
  lines = [],
  mayLookAtTasks = true,
  options = { "awslogs-group": "shop", "awslogs-stream-prefix": "app", "awslogs-region": "eu-west-1" },
}: {
  readonly stopped?: Partial<Task>;
  readonly lines?: string[];
  readonly mayLookAtTasks?: boolean;
  readonly options?: Record<string, string>;
}) {
  const asked: object[] = [];
  const containers = [{ name: "web", exitCode: 3 }];
  const ecs = {
    config: { region: async () => "eu-west-1" },
    async listTasks() {
      if (!mayLookAtTasks) throw denied;
      return { taskArns: [taskArn] };
    },
    describeTasks: async () => ({
      tasks: [{ taskArn, stoppedReason: "Essential container in task exited", containers, ...stopped }],
    }),
    describeTaskDefinition: async () => ({
      taskDefinition: {
        containerDefinitions: [{ name: "web", logConfiguration: { logDriver: "awslogs", options } }],
      },
    }),
  };
  const logs = {
    async getLogEvents(input: object) {
      asked.push(input);
      return { events: lines.map((message) => ({ message })) };
    },
  };
  const clients = { ecs: async () => ecs, cloudWatchLogs: async () => logs } as unknown as Clients; // what is asked of AWS here
  return { asked, lines, trouble: () => taskTrouble(clients, service, { id: "ecs-svc/2" }) };
}

test("the end of a task tells what its container wrote last, as one line that steers no terminal", async () => {
  const { asked, trouble } = openAws({ lines: ["reading settings\n", "\u001b[31mno database", "x".repeat(1000)] });

  const words = await trouble();

  assert.deepEqual(asked, [{ logGroupName: "shop", logStreamName: "app/web/1234", limit: 5, startFromHead: false }]);
  assert.equal(
    words,
    `the container "web" exited with 3: Its last output: reading settings | \\u001b[31mno database | ${"x".repeat(200)}… (1000 characters) (Essential container in task exited)`,
  );
});

test("lines that come late are told then, and not asked for again", async () => {
  const { asked, lines, trouble } = openAws({});

  const before = await trouble();
  lines.push("no database");
  const after = [await trouble(), await trouble()];

  assert.equal(before, 'the container "web" exited with 3 (Essential container in task exited)');
  const known = 'the container "web" exited with 3: Its last output: no database (Essential container in task exited)';
  assert.deepEqual(after, [known, known]);
  assert.equal(asked.length, 2);
});

test("a reason of ECS's own says enough, and is bounded", async () => {
  const reason = `CannotPullContainerError: ${"not found ".repeat(500)}`;
  const { asked, trouble } = openAws({ stopped: { containers: [{ name: "web", reason }], stoppedReason: reason } });

  const words = (await trouble()) ?? "";

  assert.match(words, /^the container "web" did not start: CannotPullContainerError: not found /);
  assert(words.length < 2300, `${words.length} characters`);
  assert.deepEqual(asked, []);
});

test("output that goes to another region is not looked for, and a role that may not look at tasks has the service's last event", async () => {
  const elsewhere = openAws({
    options: { "awslogs-group": "shop", "awslogs-stream-prefix": "app", "awslogs-region": "us-east-1" },
  });
  const blind = openAws({ mayLookAtTasks: false });

  assert.equal(await elsewhere.trouble(), 'the container "web" exited with 3 (Essential container in task exited)');
  assert.deepEqual(elsewhere.asked, []);
  assert.equal(await blind.trouble(), "(task set ecs-svc/2) was unable to place a task");
});
