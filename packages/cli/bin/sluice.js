#!/usr/bin/env node
// Sluice is TypeScript run as written, which Node does from version 24 on. An older Node hands over to the one that npm installed, and need not have all that is asked of that.
import module from "node:module";
import { fileURLToPath } from "node:url";

if (Number(process.versions.node.split(".")[0]) >= 24) {
  // Node would compile all our code anew at each start. This file is none of it, because it runs before that: in a clone, Node's
  // compiler for TypeScript is not even loaded when all is kept.
  const { folderOfCompiledCode } = await import("./own-cache.js");
  const folder = folderOfCompiledCode();
  if (folder !== undefined) module.enableCompileCache(folder);
  await import("../src/main.ts");
} else {
  const { handOver, installedNode } = await import("./installed-node.js");
  handOver(installedNode(), [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
