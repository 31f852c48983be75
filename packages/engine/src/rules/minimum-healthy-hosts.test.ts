import assert from "node:assert/strict";
import { test } from "node:test";
import { predefined, Shell } from "../../test/shell.ts";
import { disruptionBudget } from "./minimum-healthy-hosts.ts";
import { deploymentOverview } from "./overview.ts";
import type { MinimumHealthyHosts } from "../world.ts";

const { OneAtATime, HalfAtATime, AllAtOnce } = predefined;
const count = (value: number): MinimumHealthyHosts => ({ type: "HOST_COUNT", value });
const percent = (value: number): MinimumHealthyHosts => ({ type: "FLEET_PERCENT", value });

/** The first table of deployments.md §4.4: hosts, configurations, M, and B. */
const conversions: readonly [number, readonly MinimumHealthyHosts[], number, number][] = [
  [3, [OneAtATime, HalfAtATime, percent(66), percent(40), count(2)], 2, 1],
  [3, [percent(75), percent(85), percent(95), count(3)], 3, 0],
  [3, [AllAtOnce], 0, 3],
  [5, [OneAtATime, percent(75), percent(66)], 4, 1],
  [5, [HalfAtATime], 3, 2],
  [5, [percent(40), count(2)], 2, 3],
  [5, [percent(85), percent(95)], 5, 0],
  [9, [OneAtATime, percent(85), count(8)], 8, 1],
  [9, [percent(75)], 7, 2],
  [9, [percent(66), count(6)], 6, 3],
  [9, [HalfAtATime], 5, 4],
  [9, [percent(40)], 4, 5],
  [9, [percent(95)], 9, 0],
  [10, [OneAtATime, percent(85), count(9)], 9, 1],
  [10, [percent(75), count(8)], 8, 2],
  [10, [percent(66)], 7, 3],
  [10, [HalfAtATime], 5, 5],
  [10, [percent(40)], 4, 6],
  [10, [percent(95)], 10, 0],
  [10, [AllAtOnce], 0, 10],
];

test("configurations convert to numbers of hosts as the table of §4.4 says", () => {
  for (const [hosts, configs, minimumHealthy, unavailable] of conversions)
    for (const config of configs)
      assert.deepEqual(
        disruptionBudget(config, hosts),
        { minimumHealthy, unavailable },
        `${hosts}, ${JSON.stringify(config)}`,
      );
});

test("a single host under a percentage must succeed, rather than never be updated", () => {
  assert.equal(disruptionBudget(HalfAtATime, 1).unavailable, 1);
  assert.equal(disruptionBudget(count(1), 1).unavailable, 0);
});

test("a host count above the fleet leaves less than nothing", () => {
  assert.equal(disruptionBudget(count(7), 3).unavailable, -4);
});

/** The second table of §4.4: hosts, M, which of them fail (from 1, in start order), and what comes of it. */
const outcomes: readonly [number, number, readonly number[], "Succeeded" | "Failed", [number, number, number]][] = [
  [3, 2, [1], "Failed", [0, 1, 2]],
  [3, 2, [2], "Failed", [1, 1, 1]],
  [3, 2, [3], "Succeeded", [2, 1, 0]],
  [3, 0, [1, 2], "Succeeded", [1, 2, 0]],
  [3, 0, [1, 2, 3], "Failed", [0, 3, 0]],
  [5, 3, [1], "Succeeded", [4, 1, 0]],
  [5, 3, [1, 2], "Failed", [0, 2, 3]],
  [5, 3, [3, 4], "Failed", [2, 2, 1]],
  [5, 3, [4, 5], "Succeeded", [3, 2, 0]],
  [9, 5, [1, 2, 3, 4], "Failed", [0, 4, 5]],
  [9, 5, [1, 2, 3, 9], "Succeeded", [5, 4, 0]],
  [9, 5, [5, 6, 7, 8], "Failed", [4, 4, 1]],
  [9, 6, [1, 2], "Succeeded", [7, 2, 0]],
  [9, 6, [7, 8, 9], "Succeeded", [6, 3, 0]],
  [9, 8, [8], "Failed", [7, 1, 1]],
  [9, 8, [9], "Succeeded", [8, 1, 0]],
  [10, 9, [5], "Failed", [4, 1, 5]],
  [10, 8, [1, 6], "Failed", [4, 2, 4]],
  [10, 8, [1, 10], "Succeeded", [8, 2, 0]],
  [10, 0, [1, 2, 3, 4, 5, 6, 7, 8, 9], "Succeeded", [1, 9, 0]],
];

test("failures end a deployment, or are forgiven, as the table of §4.4 says", () => {
  for (const [hosts, minimum, failing, outcome, counters] of outcomes) {
    const shell = new Shell();
    shell.select(Array.from({ length: hosts }, (_, at) => `i-${at + 1}`));

    shell.deploy({ minimumHealthyHosts: count(minimum) });
    const { mostInFlight } = finishInOrder(shell, failing);

    const { Succeeded, Failed, Skipped } = deploymentOverview(shell.world.targets);
    const row = `${hosts} hosts, ${minimum} healthy, ${failing.join(" and ")} fail`;
    assert.equal(shell.world.deployment.status, outcome, row);
    assert.deepEqual([Succeeded, Failed, Skipped], counters, row);
    assert.equal(mostInFlight, hosts - minimum, row);
  }
});

test("three Unhealthy hosts of ten go first, then the Healthy ones one by one", () => {
  const shell = tenHostsOfWhichThreeAreUnhealthy();

  shell.deploy({ minimumHealthyHosts: count(9) });

  assert.deepEqual(new Set(shell.world.targets.slice(0, 3).map(({ id }) => id)), new Set(["i-8", "i-9", "i-10"]));
  finishInOrder(shell, []);
  assert.equal(shell.world.deployment.status, "Succeeded");
  assert.equal(deploymentOverview(shell.world.targets).Succeeded, 10);
});

test("two failures among three Unhealthy hosts end a deployment before a Healthy one is touched", () => {
  const shell = tenHostsOfWhichThreeAreUnhealthy();

  shell.deploy({ minimumHealthyHosts: count(8) });
  finishInOrder(shell, [1, 2]);

  const { Succeeded, Failed, Skipped } = deploymentOverview(shell.world.targets);
  assert.equal(shell.world.deployment.status, "Failed");
  assert.deepEqual([Succeeded, Failed, Skipped], [0, 2, 8]);
});

function tenHostsOfWhichThreeAreUnhealthy(): Shell {
  const shell = new Shell();
  const ids = Array.from({ length: 10 }, (_, at) => `i-${at + 1}`);
  shell.select(ids);
  for (const id of ids.slice(0, 7)) shell.memories[id] = { health: "Healthy", installed: "before" };
  return shell;
}

/** Lets hosts end one after the other in start order; those at the given positions fail at their first event. */
function finishInOrder(shell: Shell, failing: readonly number[]): { mostInFlight: number } {
  let mostInFlight = 0;
  for (const [place, { id }] of shell.world.targets.entries()) {
    const inFlight = shell.world.targets.filter(({ status }) => status === "InProgress").length;
    mostInFlight = Math.max(mostInFlight, inFlight);
    if (shell.outstanding(id) === undefined) break;
    if (failing.includes(place + 1)) shell.reports(id, "ScriptFailed");
    else shell.succeeds(id);
  }
  return { mostInFlight };
}
