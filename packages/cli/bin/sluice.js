#!/usr/bin/env node
// Sluice is TypeScript run as written, which Node does from version 24 on. An older Node hands over to the one that npm installed, and need not have all that is asked of that.
import module from "node:module";
import { fileURLToPath } from "node:url";

if (Number(process.versions.node.split(".")[0]) >= 24) {
  // Node would compile all our TypeScript anew at each start, which is half of it. What it has compiled is kept with the
  // installed packages: it goes when they go, and nobody else may write there. Where it cannot be kept, nothing is lost but time.
  // This file is none of it, because it runs before that: Node's compiler for TypeScript is not even loaded when all is kept.
  module.enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/sluice/code", import.meta.url)));
  await import("../src/main.ts");
} else {
  const { handOver, installedNode } = await import("./installed-node.js");
  handOver(installedNode(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
