import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CgroupFolder } from "../namespaces/cgroup-folder.ts";

/** Limits of containers' memory, where this machine lets us set some. */
export class ContainerCgroups {
  readonly #folder: CgroupFolder | undefined;

  /** `given` is a version and a folder as `2:/folder`, or nothing. */
  constructor(given: string) {
    const [, version, folder] = /^([12]):(.+)$/.exec(given) ?? [];
    this.#folder = folder === undefined ? undefined : { version: version === "2" ? 2 : 1, folder };
  }

  /** Makes a cgroup with a limit in bytes; its folder, or undefined where there are none. */
  make(name: string, bytesMax: number | undefined): string | undefined {
    if (this.#folder === undefined || bytesMax === undefined) return undefined;
    const { version, folder } = this.#folder;
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, version === 2 ? "memory.max" : "memory.limit_in_bytes"), String(bytesMax));
    return own;
  }

  /** Whether something in a cgroup has been ended because its memory was used up. */
  ranOut(own: string): boolean {
    const file = join(own, this.#folder?.version === 2 ? "memory.events" : "memory.oom_control");
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0) > 0;
  }

  /** Removes a cgroup whose processes have ended. */
  remove(own: string): void {
    try {
      rmdirSync(own);
    } catch {
      // Somebody from outside has moved in: it is theirs.
    }
  }
}
