import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedContainers } from "../definitions/check-containers.ts";
import { dependenciesOf, Milestones } from "./start-order.ts";

test("a container that depends on what can never come about is refused when it is defined", () => {
  const define = (condition: "HEALTHY" | "SUCCESS") => () =>
    checkedContainers(
      [
        { name: "web", image: "web:1" },
        { name: "proxy", image: "proxy:1", dependsOn: [{ containerName: "web", condition }] },
      ],
      { hasTaskMemory: true, isFargate: true, volumes: [] },
    );

  assert.throws(define("HEALTHY"), {
    message: "Container 'proxy' waits until 'web' is healthy, and that has no health check.",
  });
  assert.throws(define("SUCCESS"), {
    message: "Container 'proxy' waits for the end of 'web', which is essential: its end would end the task.",
  });
});

test("a container whose dependency fails cannot start, and says what it waited for", async () => {
  const web = new Milestones();
  const waiting = dependenciesOf("proxy", [{ containerName: "web", condition: "SUCCESS" }], {
    milestones: new Map([["web", web]]),
    milliseconds: 60_000,
  });

  web.end({ exitCode: 3, isOutOfMemory: false });

  await assert.rejects(waiting, {
    message: "Container 'proxy' waits for 'web' to be SUCCESS, and it has ended with 3",
    container: "proxy",
  });
});
