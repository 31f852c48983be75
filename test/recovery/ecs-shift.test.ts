import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ContinueDeploymentCommand,
  CreateDeploymentConfigCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { whyNoImages } from "../../packages/cloud/test/ecs/containers.ts";
import { EcsDeploymentFixture } from "../support/ecs-deployment-fixture.ts";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

/** Green's shares of a linear shift by 34 percent. */
const plan = [0, 34, 68, 100];

/** A server whose minutes take five seconds, with a gate before traffic moves and a wait before the original tasks end. */
async function openServerFixture(t: Parameters<typeof EcsDeploymentFixture.open>[0]) {
  const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns", "--time-scale", "12"]);
  const gate = { actionOnTimeout: "STOP_DEPLOYMENT", waitTimeInMinutes: 600 } as const;
  const termination = { action: "TERMINATE", terminationWaitTimeInMinutes: 4 } as const;
  const fixture = await EcsDeploymentFixture.open(
    t,
    {
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: gate,
        terminateBlueInstancesOnDeploymentSuccess: termination,
      },
    },
    sluice,
  );
  await fixture.deploy.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName: "thirds",
      computePlatform: "ECS",
      trafficRoutingConfig: { type: "TimeBasedLinear", timeBasedLinear: { linearPercentage: 34, linearInterval: 1 } },
    }),
  );
  /** Power is cut, and comes back: traffic is where the plan has it. */
  const killed = async (original: "blue" | "green" = "blue") => {
    await sluice.kill();
    await sluice.open();
    fixture.disconnect();
    await fixture.connect();
    const { blue = 0, green = 0 } = await fixture.weights();
    const share = original === "blue" ? green : blue;
    assert(plan.includes(share) && (blue + green === 100 || blue === 1), `${share} of ${blue + green} is planned`);
    return share;
  };
  const reached = (share: number, of: "blue" | "green" = "green") =>
    eventually(
      `has the replacement ${share} %?`,
      async () => ((await fixture.weights())[of] ?? 0) >= share || undefined,
      60,
    );
  const ready = (id: string) =>
    eventually(
      "is the replacement ready?",
      async () => {
        const target = await fixture.target(id).catch(() => undefined);
        return target?.status === "Ready" || undefined;
      },
      90,
    );
  /** Load balancers answer a moment after the server does. */
  const answers = (version: string, url = fixture.production) =>
    eventually(`does version ${version} answer?`, async () => {
      const said = await fixture.answer(url).catch(() => "");
      return said.includes(`version ${version} `) || undefined;
    });
  return { fixture, killed, reached, ready, answers };
}

const gone = (sets: readonly { readonly status?: string | undefined }[] = []) =>
  sets.length === 1 || sets.some(({ status }) => status === "DRAINING");

test(
  "a server that is killed at each step of a shift and of a rollback keeps to the plan, and finishes when it is back",
  { skip, timeout: 300_000 },
  async (t) => {
    const { fixture, killed, reached, ready, answers } = await openServerFixture(t);
    const id = await fixture.begin(await fixture.define("2"), { config: "thirds" });
    await fixture.until("the replacement is there", ({ taskSets }) => taskSets?.length === 2);
    assert.equal(await killed(), 0);
    await ready(id);
    assert.equal(await killed(), 0);
    await answers("2", fixture.test);

    await fixture.deploy.send(new ContinueDeploymentCommand({ deploymentId: id, deploymentWaitType: "READY_WAIT" }));
    for (const share of [34, 68, 100]) {
      await reached(share);
      assert((await killed()) >= share, "no traffic goes back");
    }
    await fixture.until("the replacement is the primary one", ({ taskSets }) =>
      Boolean(taskSets?.some(({ externalId, status }) => externalId === id && status === "PRIMARY")),
    );
    await fixture.until("the original tasks end", ({ taskSets }) => gone(taskSets));
    assert.equal(await killed(), 100);
    const { status, errorInformation } = await fixture.ended(id);
    assert.deepEqual([status, errorInformation?.message], ["Succeeded", undefined]);
    const { taskSets = [] } = await fixture.service();
    assert.deepEqual(
      taskSets.map((set) => [set.status, set.externalId]),
      [["PRIMARY", id]],
    );
    await answers("2");

    const next = await fixture.begin(await fixture.define("3"), { config: "thirds" });
    await ready(next);
    await fixture.deploy.send(new ContinueDeploymentCommand({ deploymentId: next, deploymentWaitType: "READY_WAIT" }));
    await reached(34, "blue");
    await fixture.deploy.send(new StopDeploymentCommand({ deploymentId: next, autoRollbackEnabled: true }));
    await killed("green");
    const { rollbackInfo, ...stopped } = await fixture.ended(next);
    const back = await fixture.ended(rollbackInfo?.rollbackDeploymentId ?? "");
    assert.deepEqual(
      [stopped.status, back.status, back.errorInformation?.message],
      ["Stopped", "Succeeded", undefined],
    );
    assert.deepEqual(await fixture.weights(), { blue: 0, green: 100 });
    const left = await fixture.until("one task set is left", ({ taskSets }) => taskSets?.length === 1);
    assert.equal(left.taskSets?.[0]?.externalId, id);
    await answers("2");
  },
);
