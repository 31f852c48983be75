import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Disables core dumps of this process, whose memory contains keys. Only the soft limit is set, so that scripts may raise it again. Returns a warning when that fails. */
export function disableCoreDumps(): string | undefined {
  const limits = readFileSync("/proc/self/limits", "utf8");
  if (/^Max core file size +0 /m.test(limits)) return undefined;
  const { status, error, stderr } = spawnSync("prlimit", ["--pid", String(process.pid), "--core=0:"], {
    encoding: "utf8",
  });
  return status === 0 ? undefined : `Core dumps stay possible (disable_core_dumps): ${error?.message ?? stderr.trim()}`;
}
