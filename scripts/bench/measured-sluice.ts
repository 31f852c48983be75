import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { removeFolder } from "../../test/support/remove-folder.ts";

const program = resolve(import.meta.dirname, "../../packages/cli/bin/sluice.js");

/** A `sluice up` under measurement, in a process and a data folder of its own. */
export interface MeasuredSluice {
  readonly process: ChildProcess;
  readonly dataFolder: string;
  readonly url: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Milliseconds from the start of the process to its line `ready on …`. */
  readonly readyMilliseconds: number;
  /** Resolves, with the milliseconds since the start, when a line of the output matches. */
  line(pattern: RegExp): Promise<number>;
  close(): Promise<void>;
}

/** Starts `sluice up` with the given arguments on a free port. */
export async function startSluice(...words: readonly string[]): Promise<MeasuredSluice> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const dataFolder = join(folder, "data");
  const started = performance.now();
  const child = spawn(process.execPath, [program, "--data", dataFolder, "--port", "0", "up", ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const seen: { readonly text: string; readonly at: number }[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (text) => {
    seen.push({ text, at: performance.now() - started });
    for (const look of waiting) look();
  });
  const line = (pattern: RegExp) =>
    new Promise<number>((found, failed) => {
      const look = () => {
        const match = seen.find(({ text }) => pattern.test(text));
        if (match === undefined) return;
        waiting.delete(look);
        found(match.at);
      };
      waiting.add(look);
      child.once("exit", (code) => failed(new Error(`sluice up ended with ${code} before it printed ${pattern}`)));
      look();
    });
  const readyMilliseconds = await line(/^ready on /);
  const url = /^ready on (.*)$/.exec(seen.find(({ text }) => text.startsWith("ready on "))?.text ?? "")?.[1] ?? "";
  const credentials = JSON.parse(
    readFileSync(join(dataFolder, "running.json"), "utf8"),
  ) as MeasuredSluice["credentials"]; // written by `sluice up`
  const close = () =>
    new Promise<void>((done) => {
      child.once("exit", () => {
        removeFolder(folder);
        done();
      });
      child.kill("SIGTERM");
    });
  return { process: child, dataFolder, url, credentials, readyMilliseconds, line, close };
}
