import assert from "node:assert/strict";
import { test } from "node:test";
import type { ECSTarget } from "@aws-sdk/client-codedeploy";
import { stripVTControlCharacters } from "node:util";
import { failure, news, type Picture, tree } from "./tree.ts";

/** Clears the screen, names the window, writes to the clipboard, and begins a line that says what did not happen. */
const hostile = "\u001b[2J\u001b]0;root\u0007\u001b]52;c;cm0gLXJm\u0007\u009b1A\n✔ Succeeded d-1\u202e";
const escaped = String.raw`\u001b[2J\u001b]0;root\u0007\u001b]52;c;cm0gLXJm\u0007\u009b1A\n✔ Succeeded d-1\u202e`;

/** A failed deployment in which a host, or another who deploys, has written every text that they can. */
const picture: Picture = {
  deployment: {
    ...{ deploymentId: "d-1", status: "Failed", applicationName: hostile, deploymentGroupName: hostile },
    errorInformation: { code: "HEALTH_CONSTRAINTS", message: hostile },
    rollbackInfo: { rollbackMessage: hostile },
    deploymentStatusMessages: [hostile],
  },
  targets: [
    {
      instanceTarget: {
        ...{ targetId: hostile, status: "Failed" },
        lifecycleEvents: [
          {
            ...{ lifecycleEventName: hostile, status: "Failed" },
            diagnostics: {
              errorCode: "ScriptFailed",
              scriptName: hostile,
              message: hostile,
              logTail: `one\n${hostile}\n`,
            },
          },
          { lifecycleEventName: "Install", status: "InProgress", diagnostics: { message: hostile } },
        ],
      },
    },
    { lambdaTarget: { status: "Failed", lambdaFunctionInfo: { functionAlias: hostile, targetVersion: hostile } } },
    { ecsTarget: { status: "InProgress", taskSetsInfo: [{ taskSetLabel: hostile as "Blue" }] } },
  ],
};

test("nothing that others wrote steers the terminal of who watches, or looks like a line of its own", () => {
  for (const shown of [tree(picture), failure(picture), ...news(undefined, picture)]) {
    const lines = stripVTControlCharacters(shown).split("\n"); // our own colours
    assert.doesNotMatch(lines.join(""), /[\p{Cc}\u202e]/u);
    for (const line of lines) assert.doesNotMatch(line, /^✔ Succeeded d-1/);
  }
  assert.equal(tree(picture).split("\n").length, 7);
  assert(failure(picture).includes(`    script ${escaped} (ScriptFailed)`));
  assert(failure(picture).includes(`      one\n      ${String.raw`\u001b[2J`}`));
});

test("a deployment to a service shows how many tasks run where, and how the traffic is divided", () => {
  const set = { desiredCount: 2, runningCount: 2 };
  const blue = { ...set, taskSetLabel: "Blue", trafficWeight: 80 } as const;
  const green = { ...set, taskSetLabel: "Green", trafficWeight: 20, runningCount: 1 } as const;
  const ecsTarget: ECSTarget = { targetId: "main:web", status: "InProgress", taskSetsInfo: [blue, green] };

  const shown = tree({ deployment: { deploymentId: "d-1", status: "InProgress" }, targets: [{ ecsTarget }] });

  assert.match(stripVTControlCharacters(shown), /main:web {2}Blue: 2 of 2 tasks, 80 %; Green: 1 of 2 tasks, 20 %/);
});

test("a log tells each move of a service's traffic, and why its tasks do not run", () => {
  const at = (blue: number, message: string): Picture => ({
    deployment: { deploymentId: "d-1", status: "InProgress" },
    targets: [
      {
        ecsTarget: {
          targetId: "main:web",
          taskSetsInfo: [
            { taskSetLabel: "Blue", trafficWeight: blue },
            { taskSetLabel: "Green", trafficWeight: 100 - blue },
          ],
          lifecycleEvents: [{ lifecycleEventName: "Install", status: "InProgress", diagnostics: { message } }],
        },
      },
    ],
  });

  assert.deepEqual(news(at(100, "0 of 2 tasks run"), at(100, 'the container "web" exited with 3')), [
    'main:web Install:  the container "web" exited with 3',
  ]);
  assert.deepEqual(news(at(100, "it goes on"), at(80, "it goes on")), ["main:web traffic: Blue 80 %, Green 20 %"]);
});
