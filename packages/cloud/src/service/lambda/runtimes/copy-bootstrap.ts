import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { join, resolve } from "node:path";
import { randomHex } from "../../../random.ts";

const sources = resolve(import.meta.dirname, "bootstrap");

/** The programs that speak the Runtime API and need no compiler. */
const programs = ["node.cjs", "python.py", "ruby.rb"] as const;

/** Copies the programs that speak the Runtime API to where functions see them, as this program's own folder must not be shown. Returns the copies' folder. */
export function copyBootstrap(folder: string): string {
  const texts = programs.map((name) => readFileSync(join(sources, name)));
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text);
  const place = join(folder, hash.digest("hex").slice(0, 16));
  if (existsSync(place)) return place;
  const making = join(folder, `new-${randomHex(8)}`);
  mkdirSync(making, { recursive: true });
  try {
    for (const [index, name] of programs.entries()) writeFileSync(join(making, name), texts[index] ?? "");
    // The function's user must be able to read them, whatever the umask.
    for (const name of programs) chmodSync(join(making, name), 0o644);
    chmodSync(making, 0o755);
    renameSync(making, place);
  } catch (error) {
    // Another process with this folder has made the same copy.
    if (!existsSync(place)) throw error;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return place;
}
