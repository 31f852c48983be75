import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Keeps this process, whose memory has keys in it, from being written to the disk when it crashes. Scripts may raise the limit again for what they start. Gives what there is to be said when it cannot be done. */
export function disableCoreDumps(): string | undefined {
  const limits = readFileSync("/proc/self/limits", "utf8");
  if (/^Max core file size +0 /m.test(limits)) return undefined;
  const { status, error, stderr } = spawnSync("prlimit", ["--pid", String(process.pid), "--core=0:"], {
    encoding: "utf8",
  });
  return status === 0 ? undefined : `Core dumps stay possible (disable_core_dumps): ${error?.message ?? stderr.trim()}`;
}
