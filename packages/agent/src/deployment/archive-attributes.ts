import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../files/atomic-file.ts";
import { readOwnFile } from "../files/own-file.ts";

// The owner of a revision's file, and anybody else who may write to it, could change a script before root runs it, or what is
// installed. So unpacked files belong to the agent, and only the agent may write to them. The attributes that the bundle gives
// them are kept beside the archive, and applied when they are installed (docs/decisions/009).

/** Attributes that a bundle gives a file, and that its unpacked copy does not have yet. */
export interface FileAttributes {
  /** Permission bits. */
  readonly mode: number;
  /** Its owner; undefined for the agent. */
  readonly uid?: number | undefined;
}

/** The deferred attributes of files, by path below the archive. */
export type ArchiveAttributes = ReadonlyMap<string, FileAttributes>;

/** Returns the permission bits of an unpacked file or folder: no write access for others, no setuid, and otherwise what the bundle grants. */
export const unpackedMode = (mode: number): number => mode & 0o755;

/** Returns the attributes to defer; undefined when the unpacked copy has them already. */
export function deferredAttributes({ mode, uid }: FileAttributes): FileAttributes | undefined {
  const isOther = uid !== undefined && uid !== process.geteuid?.();
  if (!isOther && unpackedMode(mode) === (mode & 0o7777)) return undefined;
  return { mode: mode & 0o7777, uid: isOther ? uid : undefined };
}

const fileIn = (deployment: string): string => join(deployment, "archive-attributes");

/** Writes the deferred attributes of a deployment's archive; most have none. */
export function writeAttributes(deployment: string, attributes: ArchiveAttributes): void {
  if (attributes.size === 0) return rmSync(fileIn(deployment), { force: true });
  const lines = Array.from(attributes, ([path, { mode, uid }]) => `${JSON.stringify([path, mode, uid])}\n`);
  writeAtomically(fileIn(deployment), lines.join(""));
}

/** Reads the deferred attributes of a deployment's archive; none if an older agent has unpacked it, which applied them at once. */
export function readAttributes(deployment: string): ArchiveAttributes {
  const lines = readOwnFile(fileIn(deployment))?.toString("utf8").split("\n") ?? [];
  return new Map(
    lines
      .filter((line) => line !== "")
      .map((line) => {
        const [path, mode, uid] = JSON.parse(line) as [string, number, number | null]; // written above
        return [path, { mode, uid: uid ?? undefined }];
      }),
  );
}
