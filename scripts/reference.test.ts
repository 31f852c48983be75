// docs/reference is generated: it must be what the tables in the code say now.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { folder, reference } from "./reference.ts";

test("generating the reference again changes nothing", () => {
  const pages = reference();

  assert.deepEqual(readdirSync(folder).toSorted(), Object.keys(pages).toSorted());
  for (const [name, text] of Object.entries(pages))
    assert.equal(readFileSync(`${folder}/${name}`, "utf8"), text, "npm run reference writes it anew");
});

test("every command, setting and metric is in it", () => {
  const { "commands.md": commands = "", "settings.md": settings = "", "metrics.md": metrics = "" } = reference();

  for (const name of ["up", "server", "backup", "config check", "appspec check"])
    assert(commands.includes(`## ${name}\n`));
  for (const flag of ["--port", "--config", "--metrics", "--limit-requests"]) assert(settings.includes(`| \`${flag} `));
  for (const name of ["sluice_requests_total", "sluice_over_limit_total"]) assert(metrics.includes(`| \`${name}\` |`));
});
