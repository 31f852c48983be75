import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoImages } from "../../packages/cloud/test/ecs/containers.ts";
import { EcsDeploymentFixture } from "../support/ecs-deployment-fixture.ts";
import { eventually } from "../support/eventually.ts";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

test(
  "a server that is killed while tasks start and while traffic moves keeps to the plan, and finishes when it is back",
  { skip },
  async (t) => {
    const fixture = await EcsDeploymentFixture.open(t);
    const killed = async () => {
      await fixture.sluice.kill();
      await fixture.sluice.open();
      fixture.disconnect();
      await fixture.connect();
    };
    const id = await fixture.begin(await fixture.define("2"), { config: "canary" });
    await fixture.until("the replacement is there", ({ taskSets }) => taskSets?.length === 2);

    await killed();
    await eventually(
      "has the replacement a fifth of the traffic?",
      async () => (await fixture.weights())["green"] === 20 || undefined,
      60,
    );
    await killed();

    assert.deepEqual(await fixture.weights(), { blue: 80, green: 20 });
    const { status, errorInformation } = await fixture.ended(id);
    assert.deepEqual([status, errorInformation?.message], ["Succeeded", undefined]);
    assert.deepEqual(await fixture.weights(), { blue: 0, green: 100 });
    const { taskSets = [] } = await fixture.service();
    assert.deepEqual(
      taskSets.map((set) => [set.status, set.externalId]),
      [["PRIMARY", id]],
    );
    assert.match(await fixture.answer(), /version 2 /);
  },
);
