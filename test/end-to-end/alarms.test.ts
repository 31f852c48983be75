import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ListDeploymentTargetsCommand } from "@aws-sdk/client-codedeploy";
import { eventually } from "../support/eventually.ts";
import { rehearsedAlarm } from "../support/alarm.ts";
import type { Outcome } from "../support/simulated-agents.ts";
import { openDeploymentFixture } from "./deployment-fixture.ts";

test(
  "an alarm in the middle stops a deployment, and the rollback goes through although it still rings",
  { timeout: 60_000 },
  async (t) => {
    let skew = 0;
    let eventMilliseconds = 0;
    const fixture = await openDeploymentFixture(t, {
      clock: () => Date.now() + skew,
      async answer(): Promise<Outcome> {
        await pause(eventMilliseconds);
        return "Succeeded";
      },
    });
    const { client, agents } = fixture;
    const ring = await rehearsedAlarm(t, fixture.as(), "errors");
    for (const name of ["db-1", "db-2", "db-3"]) await fixture.host(name);
    await fixture.group({
      alarmConfiguration: { enabled: true, alarms: [{ name: "errors" }] },
      autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_STOP_ON_ALARM"] },
    });
    const good = await fixture.ended(await fixture.deploy({ deploymentConfigName: "CodeDeployDefault.AllAtOnce" }));
    assert.equal(good.status, "Succeeded");
    agents.ran.length = 0;
    // One host after the other, twenty events in all: longer than it takes to notice an alarm.
    eventMilliseconds = 300;

    const bad = await fixture.deploy();
    await eventually("a host is in the middle", async () =>
      agents.ran.some(({ event }) => event === "BeforeInstall") ? true : undefined,
    );
    await ring("ALARM");
    skew += 10_000; // alarms are read every ten seconds
    const stopped = await fixture.ended(bad);

    assert.equal(stopped.status, "Stopped");
    assert.equal(stopped.errorInformation?.code, "ALARM_ACTIVE");
    const { targetIds: skipped = [] } = await client.send(
      new ListDeploymentTargetsCommand({ deploymentId: bad, targetFilters: { TargetStatus: ["Skipped"] } }),
    );
    const back = await fixture.ended(stopped.rollbackInfo?.rollbackDeploymentId ?? "");
    assert(skipped.length > 0, "a host had not begun, and never did");
    assert.equal(back.status, "Succeeded");
    assert.equal(back.creator, "codeDeployRollback");
    assert.deepEqual(back.revision, good.revision);
    assert.equal(back.rollbackInfo?.rollbackTriggeringDeploymentId, bad);
    assert.match(back.rollbackInfo?.rollbackMessage ?? "", new RegExp(bad));
    const { targetIds } = await client.send(new ListDeploymentTargetsCommand({ deploymentId: back.deploymentId }));
    assert.deepEqual(targetIds?.toSorted(), ["db-1", "db-2", "db-3"]);
  },
);
