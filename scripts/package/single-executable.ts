import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** What a single executable is made of. */
export interface Executable {
  /** A CommonJS file that runs when the executable does. */
  readonly main: string;
  readonly output: string;
  /** The Node that it is made of. */
  readonly node: string;
  /** Files that it carries, by the names that `main` finds them by. */
  readonly assets?: Readonly<Record<string, string>>;
}

/** Makes a single executable; a running process of an earlier one goes on with that. Returns its path. */
export function makeExecutable({ main, output, node, assets = {} }: Executable): string {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-sea-"));
  const unfinished = `${output}.${process.pid}`;
  try {
    const from = { main, output: unfinished, executable: resolve(node), assets, disableExperimentalSEAWarning: true };
    writeFileSync(join(scratch, "sea.json"), JSON.stringify(from));
    const words = ["--build-sea", join(scratch, "sea.json")];
    execFileSync(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, output);
    return output;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
    rmSync(unfinished, { force: true });
  }
}
