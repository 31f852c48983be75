import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { connectionLimitsFor } from "./connection-limits.ts";

const limits = { timeout: 60_000 };

/** A server in a process that may open few files, which prints its port. */
const program = `
  const { createFrontDoorServer } = await import(${JSON.stringify(join(import.meta.dirname, "front-door-server.ts"))});
  const server = createFrontDoorServer((request, response) => response.end("served"));
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;

test("connections never take the last file that the process may open", limits, async (t) => {
  const node = [process.execPath, "--input-type=module", "-e", program];
  const server = spawn("sh", ["-c", 'ulimit -n 200; exec "$@"', "sh", ...node], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => server.kill());
  const [line] = (await once(createInterface(server.stdout), "line")) as [string];
  const port = Number(line);

  const crowd: Socket[] = [];
  t.after(() => crowd.forEach((socket) => socket.destroy()));
  for (let at = 0; at < 400; at += 1) {
    // Every address of 127.0.0.0/8 is this machine's: these are 40 clients.
    const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.1.${1 + (at % 40)}` });
    crowd.push(socket.on("error", () => {}).resume());
    await once(socket, "connect");
  }

  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "served");
});

test("a process that may open many files keeps as many connections as any, and one of few three quarters", () => {
  assert.deepEqual(connectionLimitsFor(Infinity), { connectionsMax: 20_000, unauthenticatedMax: 4_096 });
  assert.deepEqual(connectionLimitsFor(4_096), { connectionsMax: 3_072, unauthenticatedMax: 1_536 });
});
