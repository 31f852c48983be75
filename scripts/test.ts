// Runs every test of the repository with Node's own runner, or those whose path contains one of the arguments.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { packAgent } from "./pack.ts";

const patterns = [
  "packages/*/src/**/*.test.ts",
  "packages/*/test/**/*.test.ts",
  "test/**/*.test.ts",
  "scripts/**/*.test.ts",
];
const wanted = process.argv.slice(2);
const files = patterns
  .flatMap((pattern) => globSync(pattern))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .toSorted();
if (files.length === 0) {
  console.error(`No test file's path contains ${wanted.map((part) => `"${part}"`).join(" or ")}`);
  process.exit(1);
}
await packAgent();
// Whole houses first: a long file that began last would run alone.
files.reverse();

/** What measures time itself runs when nothing else does. */
const runsAlone = (file: string) => file.endsWith("walkthrough.test.ts");

// One file a core: the slow ones wait for real processes, not for the processor.
const phases = [files.filter((file) => !runsAlone(file)), files.filter(runsAlone)].filter(({ length }) => length > 0);
// Every file is a process that loads the same code: what Node has compiled of it once is kept, as `sluice` itself keeps it.
const env = { NODE_COMPILE_CACHE: resolve("node_modules/.cache/sluice/code"), ...process.env };
const statuses = phases.map(
  (phase) =>
    spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...phase], { stdio: "inherit", env }).status,
);
process.exit(statuses.every((status) => status === 0) ? 0 : 1);
