import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoNamespaces } from "../support/why-no-namespaces.ts";
import { SluiceProcess } from "../support/sluice-process.ts";
import { LedgerHost } from "./ledger.ts";

const scripted = ["BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"] as const;

test(
  "an agent killed in mid-script is started again, fails that event and runs no script twice",
  { timeout: 240_000, skip: await whyNoNamespaces() },
  async (t) => {
    const sluice = new SluiceProcess(t, ["--no-example", "--driver", "ns"]);
    await sluice.open();
    const host = await LedgerHost.launch(sluice);
    await host.end(await host.deploy());

    for (const event of scripted) {
      await host.shell("echo 30 > pace");
      const deployment = await host.deploy();
      await letPass(host, deployment, event);
      await host.shell(
        "kill -9 $(cat /opt/codedeploy-agent/state/.pid/codedeploy-agent.pid); echo 0 > pace; service codedeploy-agent start",
      );

      const info = await host.end(deployment);
      assert.equal(info?.status, "Failed", `killed in ${event}`);
      const failed = (await host.events(deployment))?.filter(({ status }) => status === "Failed");
      assert.deepEqual(
        failed?.map(({ lifecycleEventName }) => lifecycleEventName),
        [event],
      );
      assert.match(failed?.[0]?.diagnostics?.message ?? "", /agent restart/);
      const lines = await host.lines(deployment);
      assert.equal(new Set(lines).size, lines.length, `a script ran twice:\n${lines.join("\n")}`);
      assert(!lines.includes(`${event} end`), "the interrupted script was ended with its agent");
    }
  },
);

/** Lets every script before the wanted one pass at once. */
async function letPass(host: LedgerHost, deployment: string, wanted: string): Promise<void> {
  for (const event of ["ApplicationStop", ...scripted]) {
    await host.writes(deployment, `${event} begin`);
    if (event === wanted) return;
    await host.shell(`pkill -x sleep || true`);
  }
}
