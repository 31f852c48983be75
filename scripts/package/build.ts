// Makes everything that is made for others to install, and prints the paths: `npm run build`. Executables are for this machine's kind;
// with `-- --arch arm64` (or x64) for Linux on another, by the Node that the lock names for it.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { version } from "../../packages/aws-protocol/src/version.ts";
import { packAgent } from "../pack.ts";
import { makeServerExecutable } from "./executable.ts";
import { distribution, packSluice } from "./npm-package.ts";
import { makeExecutable } from "./single-executable.ts";

const root = resolve(import.meta.dirname, "../..");

/** Runs something with the Node of another kind of machine: npm's package of it, if it has the hash in the lock. */
async function withNodeFor(arch: string, use: (node: string) => Promise<void>): Promise<void> {
  if (arch === process.arch) return use(process.execPath);
  const name = `node-linux-${arch}`;
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; integrity: string } | undefined>;
  }; // npm's
  const locked = packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`Cannot build for "${arch}": expected x64 or arm64`);
  const scratch = mkdtempSync(join(tmpdir(), "sluice-node-"));
  try {
    const words = ["pack", "--silent", "--pack-destination", scratch, `${name}@${locked.version}`];
    const file = join(scratch, execFileSync("npm", words, { encoding: "utf8" }).trim());
    const integrity = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
    if (integrity !== locked.integrity)
      throw new Error(
        `The registry's ${name}@${locked.version} has ${integrity}, and the lock has ${locked.integrity}`,
      );
    execFileSync("tar", ["-C", scratch, "-xzf", file, "package/bin/node"]);
    await use(join(scratch, "package/bin/node"));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { arch: { type: "string", default: process.arch } } });
const kind = `${version}-${process.platform}-${values.arch}`;
mkdirSync(distribution, { recursive: true });
console.log(await packSluice());
const agent = await packAgent();
await withNodeFor(values.arch, async (node) => {
  console.log(makeExecutable({ main: agent, output: join(distribution, `codedeploy-agent-${kind}`), node }));
  console.log(await makeServerExecutable({ output: join(distribution, `sluice-${kind}`), node }));
});
