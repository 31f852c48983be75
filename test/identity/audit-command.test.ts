import assert from "node:assert/strict";
import { test } from "node:test";
import { whyMissing } from "../support/why-missing.ts";
import { SluiceProcess } from "../support/sluice-process.ts";

const skip = await whyMissing("aws");

test("sluice audit prints who changed what, and may be asked for JSON", { skip }, async (t) => {
  const sluice = new SluiceProcess(t, ["--no-example"]);
  await sluice.open();
  await sluice.aws("deploy", "create-application", "--application-name", "web");
  await sluice.aws("deploy", "list-applications");

  const lines = await sluice.cli("audit", "--since", "10m");
  const json = await sluice.cli("audit", "--json");

  assert.equal(lines.code, 0, lines.stderr);
  assert.match(
    lines.stdout.trim(),
    /^\S+Z {2}arn:aws:iam::\d+:user\/administrator {2}codedeploy:CreateApplication {2}arn:aws:codedeploy:\S+:application:web {2}Succeeded {2}\S+$/,
  );
  assert.match(lines.stderr, /The log is as it was written; its last hash is [0-9a-f]{64}/);
  const entry = JSON.parse(json.stdout) as { readonly operation: string };
  assert.equal(entry.operation, "CreateApplication");
});
