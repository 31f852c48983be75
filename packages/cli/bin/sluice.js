#!/usr/bin/env node
// Sluice is TypeScript run as written, which Node does from version 24 on. An older Node hands over to the one that npm installed.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";

if (Number(process.versions.node.split(".")[0]) >= 24) await import("../src/main.ts");
else {
  const installed = createRequire(import.meta.url).resolve("node/bin/node");
  const { status, signal } = spawnSync(
    installed,
    [new URL("../src/main.ts", import.meta.url).pathname, ...process.argv.slice(2)],
    { stdio: "inherit" },
  );
  if (signal) process.kill(process.pid, signal);
  process.exit(status ?? 1);
}
