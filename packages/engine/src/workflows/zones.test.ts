import assert from "node:assert/strict";
import { test } from "node:test";
import { predefined, Shell } from "../../test/shell.ts";
import type { MinimumHealthyHosts } from "../world.ts";

const { AllAtOnce } = predefined;
const count = (value: number): MinimumHealthyHosts => ({ type: "HOST_COUNT", value });
const percent = (value: number): MinimumHealthyHosts => ({ type: "FLEET_PERCENT", value });

/** The table of deployments.md §4.5: hosts by zone, the two rules, and how many leave at first; 0 for a deployment that cannot begin. */
const rows: readonly [readonly number[], MinimumHealthyHosts, MinimumHealthyHosts, number][] = [
  [[3, 3, 3], count(6), count(1), 2],
  [[3, 3, 3], count(6), count(2), 1],
  [[3, 3, 3], count(3), AllAtOnce, 3],
  [[5, 5], percent(75), percent(40), 2],
  [[8, 2], count(5), count(2), 0],
];

test("the tighter of the two rules says how many leave, as the table of §4.5 says", () => {
  for (const [zones, rule, perZone, atFirst] of rows) {
    const shell = inZones(zones);

    shell.deploy({
      minimumHealthyHosts: rule,
      zonal: { minimumHealthyHostsPerZone: perZone, monitorDuration: 60_000 },
    });

    const row = `${zones.join(" + ")}, ${rule.value}, ${perZone.value}`;
    const away = shell.world.targets.filter(({ status }) => status === "InProgress");
    assert.equal(away.length, atFirst, row);
    assert(
      away.every(({ zone }) => zone === "zone-0"),
      row,
    );
    if (atFirst === 0) assert.equal(shell.world.deployment.error?.code, "HEALTH_CONSTRAINTS_INVALID", row);
  }
});

test("a host that is in no zone cannot be deployed to zone by zone, and is named", () => {
  const shell = new Shell();
  shell.select(["on-premises-1"]);

  shell.deploy({ zonal: { minimumHealthyHostsPerZone: AllAtOnce, monitorDuration: 0 } });

  assert.equal(shell.world.deployment.status, "Failed");
  assert.match(shell.world.deployment.error?.message ?? "", /on-premises-1 is in no Availability Zone/);
});

test("without a duration the next zone follows at once", () => {
  const shell = inZones([1, 1]);
  shell.deploy({ zonal: { minimumHealthyHostsPerZone: AllAtOnce, monitorDuration: 0 } });

  shell.succeeds("i-1");

  assert.equal(shell.outstanding("i-2")?.name, "ApplicationStop");
});

test("time in which a zone is watched does not count against the eight hours", () => {
  const day = 86_400_000;
  const shell = inZones([1, 1]);
  shell.deploy({ zonal: { minimumHealthyHostsPerZone: AllAtOnce, monitorDuration: day } });
  shell.succeeds("i-1");

  shell.wait(day);
  shell.succeeds("i-2");

  assert.equal(shell.world.deployment.status, "Succeeded");
});

test("a stop ends the watch", () => {
  const shell = inZones([1, 1]);
  shell.deploy({ zonal: { minimumHealthyHostsPerZone: AllAtOnce, monitorDuration: 60_000 } });
  shell.succeeds("i-1");

  shell.stop();

  assert.equal(shell.world.deployment.status, "Stopped");
  assert.equal(shell.world.targets[1]?.status, "Skipped");
});

function inZones(sizes: readonly number[]): Shell {
  const shell = new Shell();
  const zones = sizes.flatMap((size, zone) => Array.from({ length: size }, () => `zone-${zone}`));
  const ids = zones.map((_, at) => `i-${at + 1}`);
  shell.select(ids);
  for (const [at, id] of ids.entries()) shell.zones.set(id, zones[at] ?? "");
  return shell;
}
