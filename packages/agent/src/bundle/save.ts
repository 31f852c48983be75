import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { ownFileMode } from "../atomic-file.ts";

/** Writes an answer's body into a file, which appears when it is complete. */
export async function save(response: IncomingMessage, file: string): Promise<void> {
  const partial = `${file}.part`;
  try {
    await pipeline(response, createWriteStream(partial, { mode: ownFileMode }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
