import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** Most files of ours that a command may load which people wait for at every call: the cloud alone has four hundred. */
const filesMax = 20;

/** Files of ours that a file loads at once, and those that they load. */
function loaded(url: string, found = new Set<string>()): Set<string> {
  if (found.has(url) || !url.startsWith("file:") || !url.endsWith(".ts")) return found;
  found.add(url);
  const text = readFileSync(new URL(url), "utf8");
  for (const [, type, from = ""] of text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^"';]*?from\s+)?"([^"]+)"/gm))
    if (type === undefined && (from.startsWith(".") || from.startsWith("@sluice/")))
      loaded(from.startsWith(".") ? new URL(from, url).href : import.meta.resolve(from), found);
  return found;
}

test("a command on an instance loads no server and no cloud before it runs", () => {
  const files = [...loaded(import.meta.resolve("../main.ts")), ...loaded(import.meta.resolve("./exec.ts"))];

  assert(files.some((file) => file.endsWith("/instance/exec.ts")));
  assert(files.length <= filesMax, files.join("\n"));
});
