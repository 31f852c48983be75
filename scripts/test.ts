// Runs every test of the repository with Node's own runner, or those whose path contains one of the arguments.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

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
// One file a core: the slow ones wait for real processes, not for the processor.
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=2", ...files], { stdio: "inherit" });
process.exit(status ?? 1);
