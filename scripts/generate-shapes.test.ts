import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { generateTables } from "./generate-shapes.ts";

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
