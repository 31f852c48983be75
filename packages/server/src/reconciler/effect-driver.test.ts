import assert from "node:assert/strict";
import { test } from "node:test";
import type { Step } from "@sluice/engine";
import { openPasses } from "../../test/open-passes.ts";
import type { EffectOutcome } from "../gateways/outcome.ts";
import { EffectDriver } from "./effect-driver.ts";

const stepOf = (id: string): Step => ({
  id: `${id}//resume processes`,
  name: "resume processes",
  effect: { kind: "resume processes", suspended: {} },
  status: "InProgress",
  startTime: 0,
});

test("a rollback calls no gateway while a call of the deployment that it rolls back is in progress", async (t) => {
  const { store, clock, record } = await openPasses(t);
  const [ended, rollback] = ["d-1", "d-2"];
  for (const id of [ended, rollback]) await record(id);
  const called: string[] = [];
  const answers: ((outcome: EffectOutcome) => void)[] = [];
  const driver = new EffectDriver({
    store: {
      ...store,
      deployments: {
        ...store.deployments,
        byId: (id) => {
          const found = store.deployments.byId(id) ?? assert.fail(`there is no ${id}`);
          const request =
            id === rollback ? { ...found.request, rollbackOf: { deploymentId: ended, message: "" } } : found.request;
          return { ...found, request, state: { ...found.state, steps: [stepOf(id)] } };
        },
      },
    },
    clock,
    perform: ({ id }) => {
      called.push(id);
      return new Promise((resolve) => answers.push(resolve));
    },
    wake: () => {},
    onDefect: (error) => assert.fail(String(error)),
  });

  driver.drive(ended);
  driver.drive(rollback);
  assert.deepEqual(called, [ended]);

  answers[0]?.({ is: "under way", because: "it was the last call" });
  await store.write(() => {}); // what the driver has written is committed with it
  await new Promise((resolve) => setImmediate(resolve));
  driver.drive(rollback);
  assert.deepEqual(called, [ended, rollback]);
  answers[1]?.({ is: "under way", because: "it goes on" });
  await driver.close();
});
