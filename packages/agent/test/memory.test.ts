import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { AgentHost, bundle, specification } from "./agent-host.ts";
import { ControlPlane } from "./control-plane.ts";
import { hasOpenssl, Openssl } from "./openssl.ts";

/** What of the program's file an agent releases, at least, in kB. */
const fallsBy = 15_000;

test(
  "an agent that may release its pages is small while it waits, says nothing about it, and executes the next command",
  {
    timeout: 60_000,
    skip:
      (!hasOpenssl && "needs openssl") ||
      (!(process.platform === "linux" && isBuiltin("node:ffi")) && "needs Linux and a Node with node:ffi"),
  },
  async (t) => {
    const plane = await ControlPlane.open(new Openssl((clean) => t.after(clean)), (close) => t.after(close));
    const host = new AgentHost((clean) => t.after(clean), {
      deploy_control_endpoint: plane.url,
      s3_endpoint_override: plane.url,
      release_idle_memory: true,
    });
    plane.put("bundles", "app.tgz", bundle(host, { BeforeInstall: "true" }));
    host.command("start");
    try {
      const pid = readFileSync(join(host.folder, "pid/codedeploy-agent.pid"), "utf8").trim();
      const deployment = plane.specify(specification("d-AAAAAAAA1"));

      await small(pid);
      for (const event of ["DownloadBundle", "BeforeInstall"])
        assert.equal((await plane.run(event, deployment)).status, "Succeeded");
      await host.settled();
    } finally {
      host.command("stop"); // while its files are there: they go before what is named later to be done after the test
    }

    assert.equal(host.read("log/codedeploy-agent.output.log"), "");
    assert.doesNotMatch(host.read("log/codedeploy-agent.log"), /WARN|ERROR|xperimental/);
  },
);

/** Waits until a process has given back much of what was once resident. */
async function small(pid: string): Promise<void> {
  for (;;) {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const kilobytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
    if (kilobytes("VmRSS") < kilobytes("VmHWM") - fallsBy) return;
    await pause(10);
  }
}
