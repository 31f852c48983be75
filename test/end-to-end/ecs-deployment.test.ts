import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoImages } from "../../packages/cloud/test/ecs/containers.ts";
import { EcsDeploymentFixture } from "../support/ecs-deployment-fixture.ts";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";

const skip = whyNoImages() || (await whyNoNamespaces());

test(
  "a service goes to a new task definition and on to the next, and its target groups change roles",
  { skip },
  async (t) => {
    const fixture = await EcsDeploymentFixture.open(t);
    const second = await fixture.define("2");

    const id = await fixture.begin(second);
    const first = await fixture.ended(id);

    assert.deepEqual([first.status, first.errorInformation?.message], ["Succeeded", undefined]);
    assert.match(await fixture.answer(), /version 2 /);
    assert.match(await fixture.answer(fixture.test), /version 2 /);
    assert.deepEqual(await fixture.weights(), { blue: 0, green: 100 });
    const service = await fixture.service();
    assert.deepEqual(
      service.taskSets?.map((set) => [set.status, set.taskDefinition, set.externalId]),
      [["PRIMARY", second, id]],
    );
    const target = await fixture.target(id);
    assert.deepEqual(
      target?.lifecycleEvents?.map((event) => `${event.lifecycleEventName} ${event.status}`),
      [
        "BeforeInstall Succeeded",
        "Install Succeeded",
        "AfterInstall Succeeded",
        "AllowTestTraffic Succeeded",
        "AfterAllowTestTraffic Succeeded",
        "BeforeAllowTraffic Succeeded",
        "AllowTraffic Succeeded",
        "AfterAllowTraffic Succeeded",
      ],
    );
    assert.deepEqual(
      target?.taskSetsInfo?.map((set) => [
        set.taskSetLabel,
        set.status,
        set.runningCount,
        set.trafficWeight,
        set.targetGroup?.name,
      ]),
      [["Green", "PRIMARY", 2, 100, "green"]],
    );

    const next = await fixture.ended(await fixture.begin(await fixture.define("3")));

    assert.deepEqual([next.status, next.errorInformation?.message], ["Succeeded", undefined]);
    assert.match(await fixture.answer(), /version 3 /);
    assert.deepEqual(await fixture.weights(), { blue: 100, green: 0 });
  },
);
