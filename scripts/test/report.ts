// What a run prints: a line for each file, every failure in full, and at the end how many there were of each.
import { styleText } from "node:util";
import type { Ended } from "./events.ts";
import type { FileResult } from "./run-file.ts";
import { countReasons } from "./skips.ts";

/** Returns the result of a file in a line, with its tests' names when few files run. */
export function fileLines(result: FileResult, { withNames }: { readonly withNames: boolean }): string {
  const { file, tests, seconds, cpuSeconds } = result;
  const skipped = tests.filter(({ outcome }) => outcome === "skipped").length;
  const note = skipped === 0 ? "" : `, ${skipped} skipped`;
  const head = `${mark(hasFailed(result) ? "failed" : "passed")} ${file}: ${counted(tests.length, "test")}${note} (${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of processors)`;
  const names = tests.map(
    ({ name, nesting, outcome, why, milliseconds }) =>
      `${"  ".repeat(nesting + 1)}${mark(outcome)} ${name} (${Math.round(milliseconds)} ms)${outcome === "skipped" ? ` # ${why}` : ""}`,
  );
  return [head, ...(withNames ? names : []), ...(hasFailed(result) ? failures(result) : [])].join("\n");
}

/** Whether anything of a file went wrong. */
export const hasFailed = ({ tests, trouble }: FileResult): boolean =>
  trouble !== undefined || tests.some(({ outcome }) => outcome === "failed" || outcome === "cancelled");

function failures({ file, tests, trouble, output }: FileResult): readonly string[] {
  const failed = tests.filter(({ outcome }) => outcome === "failed" || outcome === "cancelled");
  return [
    ...failed.map(({ name, why }) => `\n${mark("failed")} ${file}: ${name}\n${indented(why ?? "")}\n`),
    ...(trouble === undefined ? [] : [`\n${mark("failed")} ${file}: ${trouble}`]),
    ...(output.trim() === "" ? [] : [`  It printed:\n${indented(output.trimEnd())}\n`]),
  ];
}

/** Returns the end of a run: the counts in the format of Node's own runner, the failures again, and a summary line. */
export function summary(results: readonly FileResult[], seconds: number): string {
  const all = results.flatMap(({ tests }) => tests);
  const tests = all.filter(({ isSuite }) => !isSuite);
  const troubled = results.filter(({ trouble }) => trouble !== undefined);
  const count = (outcome: Ended["outcome"]) => tests.filter((one) => one.outcome === outcome).length;
  const failed = count("failed") + troubled.length;
  const counts = {
    tests: tests.length + troubled.length,
    suites: all.length - tests.length,
    pass: count("passed"),
    fail: failed,
    cancelled: count("cancelled"),
    skipped: count("skipped"),
    todo: count("todo"),
    duration_ms: Math.round(seconds * 1000),
  };
  const reasons = countReasons(tests.flatMap(({ outcome, why = "" }) => (outcome === "skipped" ? [why] : [])));
  const told = reasons.map(([reason, number]) => `${number} × ${reason}`).join("; ");
  return [
    ...results.filter(hasFailed).map(({ file }) => `${mark("failed")} ${file}`),
    ...Object.entries(counts).map(([name, number]) => `# ${name} ${number}`),
    `${counts.pass} passed, ${failed + counts.cancelled} failed, ${counts.skipped} skipped${told === "" ? "" : `: ${told}`}`,
  ].join("\n");
}

const indented = (text: string): string => text.replaceAll(/^/gm, "    ");

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const marks = {
  passed: ["green", "✔"],
  failed: ["red", "✖"],
  cancelled: ["red", "✖"],
  skipped: ["yellow", "↷"],
  todo: ["yellow", "○"],
} as const;

function mark(outcome: Ended["outcome"]): string {
  const [color, sign] = marks[outcome];
  return styleText(color, sign);
}
