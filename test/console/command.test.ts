import assert from "node:assert/strict";
import { test } from "node:test";
import type { NewSession, Session } from "@sluice/server/console-contract";
import { SluiceProcess } from "../support/sluice-process.ts";

test("the program's links and the command's open the console, once each, and end with the server", async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example"]);
  await sluice.open();
  await sluice.printed(/#c=/);
  const spend = async (text: string) => {
    const [, code = ""] = /^\s*http:\/\/127\.0\.0\.1:\d+\/#c=([\w-]{43})$/m.exec(text) ?? [];
    const response = await fetch(`${sluice.url}/console/api/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    const { session = "" } = (await response.json()) as Partial<NewSession>;
    const cookie = response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    return { status: response.status, headers: { cookie, "x-sluice-session": session } };
  };
  const look = (headers: Record<string, string>) => fetch(`${sluice.url}/console/api/session`, { headers });

  const printed = await spend(sluice.output);
  const asked = await sluice.cli("console", "--no-open");
  const commanded = await spend(asked.stdout);
  const again = await spend(asked.stdout);
  const seen = (await (await look(commanded.headers)).json()) as Session;
  const page = await fetch(`${sluice.url}/`);
  await sluice.kill();
  await sluice.open();

  assert.deepEqual([printed.status, asked.code, commanded.status, again.status], [201, 0, 201, 401]);
  assert.equal(seen.isAdministrator, true);
  assert.notEqual(seen.version, "");
  assert.match(page.headers.get("content-security-policy") ?? "", /require-trusted-types-for 'script'/);
  assert.equal((await look(commanded.headers)).status, 401, "sessions are not kept over a restart");
});
