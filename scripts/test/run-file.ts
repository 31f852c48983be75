// One test file in a process of its own, as `node --test` would run it.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Ended, Used } from "./events.ts";

/** The result of a file. */
export interface FileResult {
  readonly file: string;
  readonly tests: readonly Ended[];
  /** Everything that it printed. */
  readonly output: string;
  /** An error outside of tests: the file could not be loaded, or did not end. */
  readonly trouble?: string | undefined;
  readonly seconds: number;
  /** Processor time of the file and of its children that have ended; 0 where the system does not tell. */
  readonly cpuSeconds: number;
}

const reporter = resolve(import.meta.dirname, "events.ts");

/** How long a file may take, in minutes: one that hangs is killed. */
const minutesMax = 60;

/** Most that is kept of what a file prints, in characters: from then on, it repeats itself. */
const outputMax = 4 * 1024 * 1024;

/** The processes of the files that run now. */
const running = new Set<ChildProcess>();

/** Kills the running files, when this process is told to end. */
export function endFiles(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}

/** Runs a file's tests to their end. */
export async function runFile(file: string): Promise<FileResult> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-results-"));
  const results = join(folder, "results");
  const words = [`--test-reporter=${reporter}`, `--test-reporter-destination=${results}`, file];
  const begun = performance.now();
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output = `${output}${text}`.slice(-outputMax)));
  const limit = setTimeout(() => child.kill("SIGKILL"), minutesMax * 60_000);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((ended) =>
    child.once("close", (...end) => ended(end)),
  );
  clearTimeout(limit);
  running.delete(child);
  const { tests, cpuSeconds } = read(results);
  rmSync(folder, { recursive: true });
  const trouble = whyWrong({ code, signal, tests });
  return {
    file,
    tests,
    output,
    seconds: (performance.now() - begun) / 1000,
    cpuSeconds,
    trouble,
  };
}

/** What the reporter has written: nothing where the file could not even be loaded. */
function read(results: string): { readonly tests: readonly Ended[]; readonly cpuSeconds: number } {
  if (!existsSync(results)) return { tests: [], cpuSeconds: 0 };
  const lines = readFileSync(results, "utf8").split("\n").slice(0, -1);
  const all = lines.map((line) => JSON.parse(line) as Ended | Used); // written by events.ts
  return {
    tests: all.filter((one) => "outcome" in one),
    cpuSeconds: all.find((one) => "cpuSeconds" in one)?.cpuSeconds ?? 0,
  };
}

function whyWrong({ code, signal, tests }: { code: number | null; signal: string | null; tests: readonly Ended[] }) {
  if (signal === "SIGKILL") return `It was ended after ${minutesMax} minutes`;
  if (signal !== null) return `It was ended by ${signal}`;
  if (code === 0) return tests.length === 0 ? "It has no tests" : undefined;
  return tests.some(({ outcome }) => outcome === "failed") ? undefined : `It ended with exit code ${code}`;
}
