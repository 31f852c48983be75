import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../files/atomic-file.ts";
import { readOwnFile } from "../files/own-file.ts";

// Whoever owns a file of a revision, or may write to it, could change a script before root runs it, or what is installed.
// So unpacked files are the agent's own and nobody else's to write to. What the bundle says of them stands beside the
// archive, and holds from their installation on. (docs/decisions/009)

/** What a bundle says of a file and its unpacked copy does not have. */
export interface FileAttributes {
  /** Permission bits. */
  readonly mode: number;
  /** Whose it is; absent when it is the agent's. */
  readonly uid?: number | undefined;
}

/** What is said of files that differ from their copies, by path below the archive. */
export type ArchiveAttributes = ReadonlyMap<string, FileAttributes>;

/** The permission bits that an unpacked file, or folder, has: others may read and execute what the bundle lets them, and nobody gets its owner's rights. */
export const unpackedMode = (mode: number): number => mode & 0o755;

/** What is to be written down of a file; undefined when its copy is as the bundle says. */
export function deferredAttributes({ mode, uid }: FileAttributes): FileAttributes | undefined {
  const isOther = uid !== undefined && uid !== process.geteuid?.();
  if (!isOther && unpackedMode(mode) === (mode & 0o7777)) return undefined;
  return { mode: mode & 0o7777, uid: isOther ? uid : undefined };
}

const fileIn = (deployment: string): string => join(deployment, "archive-attributes");

/** Writes down what is said of the files in a deployment's archive; most say nothing. */
export function writeAttributes(deployment: string, attributes: ArchiveAttributes): void {
  if (attributes.size === 0) return rmSync(fileIn(deployment), { force: true });
  const lines = Array.from(attributes, ([path, { mode, uid }]) => `${JSON.stringify([path, mode, uid])}\n`);
  writeAtomically(fileIn(deployment), lines.join(""));
}

/** What is said of the files in a deployment's archive; nothing when an agent has unpacked it that gave them away at once. */
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
