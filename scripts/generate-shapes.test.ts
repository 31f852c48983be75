import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { generateTables } from "./generate-shapes.ts";
import { newer } from "./shapes/services.ts";

const folder = new URL("../packages/aws-protocol/src/tables/", import.meta.url);

test("generating the tables again changes nothing", async () => {
  const tables = await generateTables();

  assert.deepEqual(readdirSync(folder).toSorted(), [...tables.keys()].map((name) => `${name}.json`).toSorted());
  for (const [name, text] of tables)
    assert(
      readFileSync(new URL(`${name}.json`, folder), "utf8") === text,
      `${name}.json differs: run npm run generate`,
    );
});

test("what is added by hand is still missing in AWS's SDK", async () => {
  const sdk = (await import("@aws-sdk/client-codedeploy")) as Record<string, unknown>;
  const { members, errors } = newer["codedeploy"] ?? assert.fail("there is something to add");

  for (const error of errors) assert(!(`${error}$` in sdk), `the SDK has ${error}: remove it from the generator`);
  for (const [structure, added] of Object.entries(members)) {
    const [, , , , names] = sdk[`${structure}$`] as unknown[]; // a structure's schema: its fifth part lists its members
    for (const member of Object.keys(added))
      assert(!(names as string[]).includes(member), `the SDK has ${structure}.${member}: remove it from the generator`);
  }
});
