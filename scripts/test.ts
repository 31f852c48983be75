// Runs every test of the repository, or those whose path contains one of the arguments. Each file is a process of Node's own test runner.
//   npm test -- PART-OF-PATH …      --changed: what a change touches, by what imports what
//   --remember writes down how long files took, --jobs N has at most so many run at once
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { preloadedAws } from "../test/support/preloaded-aws.ts";
import { packAgent } from "./pack.ts";
import { plan, remember } from "./test/durations.ts";
import { watchIdle } from "./test/idle-processors.ts";
import { fileLines, hasFailed, summary } from "./test/report.ts";
import { endFiles, type FileResult, runFile } from "./test/run-file.ts";
import { runAll } from "./test/schedule.ts";
import { allowedReasons } from "./test/skips.ts";
import { touchedBy, changedFiles } from "./test/touched.ts";

const patterns = [
  "packages/*/src/**/*.test.ts",
  "packages/*/test/**/*.test.ts",
  "test/**/*.test.ts",
  "scripts/**/*.test.ts",
];

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { changed: { type: "boolean" }, remember: { type: "boolean" }, jobs: { type: "string" } },
});
const all = patterns.flatMap((pattern) => globSync(pattern)).toSorted();
const touched = values.changed === true ? touchedBy(changedFiles(), all) : all;
const files = touched.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
if (files.length === 0) {
  console.error(
    values.changed === true
      ? "No test depends on what has changed"
      : `No test file's path contains ${wanted.map((part) => `"${part}"`).join(" or ")}`,
  );
  process.exit(values.changed === true ? 0 : 1);
}

await packAgent();
// Every file is a process that loads the same code: what Node has compiled of it once is kept, as `sluice` itself keeps it.
process.env["NODE_COMPILE_CACHE"] ??= resolve("node_modules/.cache/sluice/code");

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => {
    endFiles(signal);
    process.kill(process.pid, signal);
  });

const folder = mkdtempSync(join(tmpdir(), "sluice-run-"));
const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
Object.assign(process.env, await preloadedAws({ after: (end) => void ends.push(end as () => unknown) }, folder));

const cores = availableParallelism();
const jobs =
  values.jobs === undefined ? { filesMin: cores, filesMax: cores * 5 } : { filesMin: 1, filesMax: Number(values.jobs) };
const limits = { ...jobs, hasRoom: watchIdle() };
const results: FileResult[] = [];
const begun = performance.now();
await runAll(plan(files), limits, async (file) => {
  const result = await runFile(file);
  results.push(result);
  console.log(fileLines(result, { withNames: files.length <= 8 }));
});
for (const end of ends.toReversed()) end();
console.log(`\n${summary(results, (performance.now() - begun) / 1000)}`);
if (values.remember === true) remember(results);

const unexpected = process.env["SLUICE_SKIPS"] === "listed" ? unlisted(results) : [];
for (const { file, name, why } of unexpected)
  console.error(`✖ ${file}: "${name}" may not be skipped here (${why}): see scripts/test/allowed-skips.txt`);
process.exitCode = results.some(hasFailed) || unexpected.length > 0 ? 1 : 0;

/** The tests that were skipped for another reason than those that are listed. */
function unlisted(results: readonly FileResult[]) {
  const allowed = allowedReasons();
  return results.flatMap(({ file, tests }) =>
    tests
      .filter(({ outcome, why = "" }) => outcome === "skipped" && !allowed.has(why))
      .map(({ name, why }) => ({ file, name, why })),
  );
}
