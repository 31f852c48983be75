import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { resolve } from "node:path";
import { test, type TestContext } from "node:test";
import {
  type CodeDeployClient,
  GetDeploymentCommand,
  PutLifecycleEventHookExecutionStatusCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { eventually } from "../support/eventually.ts";
import { openServerFixture } from "../support/server-fixture.ts";
import { LambdaDeploymentFixture, shift } from "../support/lambda-deployment-fixture.ts";

/** The event of a hook. */
interface HookEvent {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}

/** A hook function that passes its events on to the test, and the events so far. The test answers them. */
async function silentHook(t: TestContext) {
  const events: HookEvent[] = [];
  const waiting: ((event: HookEvent) => void)[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const event = JSON.parse(body) as HookEvent; // sent by the function below
      events.push(event);
      waiting.shift()?.(event);
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const code = `export const handler = async (event) => {
    await fetch("http://127.0.0.1:${port}", { method: "POST", body: JSON.stringify(event) }); };`;
  return { code, events, next: () => new Promise<HookEvent>((resolve) => waiting.push(resolve)) };
}

const answer = (deploy: CodeDeployClient, { DeploymentId, LifecycleEventHookExecutionId }: HookEvent, status: string) =>
  deploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
      status: status as "Succeeded", // others are what a test may want refused
    }),
  );

test("a hook's first answer counts, of those at once and of those that come later", async (t) => {
  const hook = await silentHook(t);
  const sluice = await LambdaDeploymentFixture.open(t);
  await sluice.addFunction("check", hook.code);
  const { deploy } = sluice;
  const first = hook.next();
  const hooks = [{ BeforeAllowTraffic: "check" }, { AfterAllowTraffic: "check" }];
  const id = await sluice.begin(shift("1", "2", { hooks }));
  const before = await first;

  await assert.rejects(answer(deploy, before, "Pending"), {
    name: "InvalidLifecycleEventHookExecutionStatusException",
  });
  await assert.rejects(answer(deploy, { ...before, LifecycleEventHookExecutionId: "unknown" }, "Succeeded"), {
    name: "InvalidLifecycleEventHookExecutionIdException",
  });
  const second = hook.next();
  const atOnce = await Promise.allSettled(["Succeeded", "Succeeded"].map((status) => answer(deploy, before, status)));
  const after = await second;
  await assert.rejects(answer(deploy, before, "Failed"), { name: "LifecycleEventAlreadyCompletedException" });
  await answer(deploy, after, "Succeeded");
  const { status } = await sluice.ended(id);
  await assert.rejects(answer(deploy, after, "Failed"), { name: "LifecycleEventAlreadyCompletedException" });

  assert.deepEqual(Object.keys(before).toSorted(), ["DeploymentId", "LifecycleEventHookExecutionId"]);
  assert.notEqual(before.LifecycleEventHookExecutionId, after.LifecycleEventHookExecutionId);
  const [given, refused] = atOnce.toSorted((a, b) => a.status.localeCompare(b.status));
  assert(given?.status === "fulfilled" && refused?.status === "rejected");
  assert.equal(given.value.lifecycleEventHookExecutionId, before.LifecycleEventHookExecutionId);
  assert.equal((refused.reason as Error).name, "LifecycleEventAlreadyCompletedException");
  assert.equal(status, "Succeeded");
  assert.equal(hook.events.length, 2, "each hook was called once");
});

test("a stop does not wait for a hook, whose answer then comes too late", async (t) => {
  const hook = await silentHook(t);
  const sluice = await LambdaDeploymentFixture.open(t);
  await sluice.addFunction("check", hook.code);
  const first = hook.next();
  const id = await sluice.begin(shift("1", "2", { hooks: [{ BeforeAllowTraffic: "check" }] }));
  const before = await first;

  await sluice.deploy.send(new StopDeploymentCommand({ deploymentId: id }));
  const { status } = await sluice.ended(id);
  await assert.rejects(answer(sluice.deploy, before, "Succeeded"), { name: "LifecycleEventAlreadyCompletedException" });

  assert.equal(status, "Stopped");
  assert.deepEqual(await sluice.alias(), { version: "1", weights: undefined });
});

test("a hook that is silent for an hour fails, and its answer then comes too late", async (t) => {
  const hook = await silentHook(t);
  let skew = 0;
  const fixture = await openServerFixture(t, {
    clock: () => Date.now() + skew,
    agentBundle: resolve(import.meta.dirname, "../fixtures/idle-agent.js"),
  });
  const sluice = await LambdaDeploymentFixture.within(t, {
    options: async () => ({ ...fixture.as(), systemClockOffset: skew }),
  });
  await sluice.addFunction("check", hook.code);
  const first = hook.next();
  const id = await sluice.begin(shift("1", "2", { hooks: [{ BeforeAllowTraffic: "check" }] }));
  const before = await first;

  skew = 3_600_000;
  // A client corrects its clock by the responses, which have the real time. So each client signs only once.
  const late = async () => {
    sluice.disconnect();
    await sluice.connect();
    return sluice.deploy;
  };
  const { status, errorInformation } = await eventually("did it end?", async () => {
    const { deploymentInfo } = await (await late()).send(new GetDeploymentCommand({ deploymentId: id }));
    return deploymentInfo?.completeTime === undefined ? undefined : deploymentInfo;
  });
  await assert.rejects(answer(await late(), before, "Succeeded"), { name: "LifecycleEventAlreadyCompletedException" });

  assert.deepEqual([status, errorInformation?.code], ["Failed", "TIMEOUT"]);
  assert.match(errorInformation?.message ?? "", /BeforeAllowTraffic/);
  await late();
  assert.deepEqual(await sluice.alias(), { version: "1", weights: undefined });
});
