import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateApplicationCommand, paginateListApplications } from "@aws-sdk/client-codedeploy";
import { eventually } from "../support/eventually.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { LedgerHost, using } from "./ledger.ts";

const scripted = ["ApplicationStop", "BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"] as const;

test(
  "a server killed at each step of a deployment finishes it, forgets no acknowledged request, and no script runs twice",
  { timeout: 180_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--driver", "plain"]);
    await sluice.open();
    const host = await LedgerHost.launch(sluice);
    const before = await host.deploy();
    assert.equal((await host.end(before))?.status, "Succeeded");
    await host.shell("echo 0.4 > pace");

    const acknowledged: string[] = [];
    const deployment = await host.deploy();
    for (const event of scripted) {
      await host.writes(deployment, `${event} begin`);
      const applicationName = `made-during-${event}`;
      await using(sluice, (client) => client.send(new CreateApplicationCommand({ applicationName })));
      acknowledged.push(applicationName);
      await sluice.kill();
      await sluice.open();
    }

    assert.equal((await host.end(deployment))?.status, "Succeeded");
    assert.deepEqual(
      await host.lines(deployment),
      scripted.flatMap((event) => [`${event} begin`, `${event} end`]),
    );
    const kept = await using(sluice, async (client) => {
      const names: string[] = [];
      for await (const { applications = [] } of paginateListApplications({ client }, {})) names.push(...applications);
      return names;
    });
    assert.deepEqual(
      acknowledged.filter((name) => !kept.includes(name)),
      [],
    );
  },
);

test(
  "a server killed between a script's end and the next one's begin finishes the deployment too",
  { timeout: 180_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--driver", "plain"]);
    await sluice.open();
    const host = await LedgerHost.launch(sluice);
    for (const event of ["BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"]) {
      const deployment = await host.deploy();
      await host.writes(deployment, `${event} end`);
      await sluice.kill();
      await sluice.open();

      assert.equal((await host.end(deployment))?.status, "Succeeded");
      const lines = await host.lines(deployment);
      assert.equal(new Set(lines).size, lines.length, `a script ran twice:\n${lines.join("\n")}`);
    }
  },
);

test(
  "a server killed while the host downloads and installs finishes the deployment",
  { timeout: 180_000 },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--driver", "plain"]);
    await sluice.open();
    const host = await LedgerHost.launch(sluice);
    for (const event of ["DownloadBundle", "Install"]) {
      const deployment = await host.deploy();
      await eventually(`${event} of ${deployment} has been reached`, async () =>
        (await host.events(deployment))?.some(
          ({ lifecycleEventName, status }) => lifecycleEventName === event && status !== "Pending",
        )
          ? true
          : undefined,
      );
      await sluice.kill();
      await sluice.open();

      assert.equal((await host.end(deployment))?.status, "Succeeded");
    }
  },
);
