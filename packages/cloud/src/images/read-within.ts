import { readFileSync, statSync } from "node:fs";

/** The bytes of a file that somebody else has written. Throws an Error when there are more than that. */
export function readWithin(path: string, bytesMax: number): Buffer {
  const { size } = statSync(path);
  if (size > bytesMax) throw new Error(`its file '${path}' has ${size} bytes, and may have ${bytesMax}`);
  return readFileSync(path);
}
