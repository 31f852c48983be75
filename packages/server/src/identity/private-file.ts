import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";

/** Permission bits of the group and of everybody else. */
const othersBits = 0o077;

/** The text of a file that only its owner may read; made with `initial` when it is not there. One that others may read is closed to them. */
export function privateFile(file: string, initial: () => string): string {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, initial(), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
  }
  if ((statSync(file).mode & othersBits) !== 0) chmodSync(file, 0o600);
  return readFileSync(file, "utf8");
}
