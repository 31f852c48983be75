import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { builtFolder } from "./built-folder.ts";

/** Kilobytes that a browser gets. */
const kilobytes = (names: readonly string[]): number =>
  names.reduce(
    (sum, name) => sum + gzipSync(readFileSync(new URL(`assets/${name}`, builtFolder())), { level: 9 }).length,
    0,
  ) / 1024;

test("the pages are small: 35 KB of script to begin with, 90 KB for all of them, 10 KB of style", () => {
  const manifest = JSON.parse(readFileSync(new URL("manifest.json", builtFolder()), "utf8")) as {
    entry: string;
    initial: readonly string[];
    style: string;
    chunks: readonly string[];
  }; // written by scripts/build-console.ts

  assert(kilobytes([manifest.entry, ...manifest.initial]) <= 35);
  assert(kilobytes(manifest.chunks) <= 90);
  assert(kilobytes([manifest.style]) <= 10);
  assert(manifest.chunks.length > 5, "pages are loaded when they are shown");
  assert(
    manifest.initial.length <= 1,
    "the first view takes six requests: document, style, two scripts, its answer, the stream",
  );
});

test("the pages ask nobody else, and make no markup out of text", () => {
  const folder = new URL("assets/", builtFolder());
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));

  for (const name of files) {
    const text = readFileSync(new URL(name, folder), "utf8");
    const addresses = [...text.matchAll(/https?:\/\/[\w.-]+/g)].map(([address]) => address);
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith("http://www.w3.org")),
      [],
      name,
    );
    assert.doesNotMatch(text, /insertAdjacentHTML|document\.write|\beval\(|new Function\(/, name);
  }
});
