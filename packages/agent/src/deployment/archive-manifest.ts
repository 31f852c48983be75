import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { geteuid } from "node:process";
import { writeAtomically } from "../files/atomic-file.ts";
import { yieldToEventLoop } from "../yield-to-event-loop.ts";

// A manifest of what has been unpacked, by which a later deployment that reuses the archive checks that it is still whole
// (docs/decisions/007). File names are bytes: here they are strings with one character for each byte.

/** An unpacked entry: its path below the archive, its kind, and a fingerprint of its content. */
type Line = readonly [name: string, kind: Kind, content: string];
type Kind = "file" | "folder" | "link" | "other";

/** Entries that are processed before other work gets its turn. */
const entriesPerTurn = 256;

/** The path of a deployment's manifest. */
const fileIn = (deployment: string): string => join(deployment, "archive-manifest");

/** Writes the manifest of a deployment's archive. `names`: the entries that belong to the revision; by default all. */
export async function writeManifest(deployment: string, archive: string, names?: ReadonlySet<string>): Promise<void> {
  const lines: string[] = [];
  for await (const line of entriesOf(archive)) if (names?.has(line[0]) !== false) lines.push(JSON.stringify(line));
  writeAtomically(fileIn(deployment), `${lines.join("\n")}\n${end}`);
}

/** The last line of a complete manifest. */
const end = '"end"\n';

/** Whether a kept archive is whole, and the names of its entries, or what is wrong with it. */
export type ManifestCheck = { readonly names: ReadonlySet<string> } | { readonly fault: string };

/** Compares a deployment's archive with its manifest. Files that scripts have added do no harm. */
export async function checkManifest(deployment: string, archive: string): Promise<ManifestCheck> {
  const lines = readManifest(fileIn(deployment));
  if (lines === undefined) return { fault: "nothing tells what was unpacked" };
  const root = lstatSync(archive, { bigint: true, throwIfNoEntry: false });
  if (root !== undefined && isOthersToChange(root)) return { fault: "others may change it" };
  for (const [index, [name, kind, content]] of lines.entries()) {
    if (index % entriesPerTurn === entriesPerTurn - 1) await yieldToEventLoop();
    const difference = differenceAt(bytesOf(archive, name), kind, content);
    if (difference !== undefined) return { fault: `${shown(name)} ${difference}` };
  }
  return { names: new Set(lines.map(([name]) => name)) };
}

function differenceAt(path: Buffer, kind: Kind, content: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return "is missing";
  if (kindOf(found) !== kind) return `is a ${kindOf(found)}, and was a ${kind}`;
  if (isOthersToChange(found)) return "may be changed by others";
  return contentOf(path, found) === content ? undefined : "has changed";
}

/**
 * Whether others than the agent may change something: a script has given it away. Sizes and times prove nothing then, since
 * an owner sets times as they like, and what was looked at may be exchanged before it is copied. Unpacked files are the
 * agent's alone (docs/decisions/009).
 */
const isOthersToChange = (stats: BigIntStats): boolean =>
  stats.uid !== BigInt(geteuid?.() ?? 0) || (!stats.isSymbolicLink() && (stats.mode & 0o022n) !== 0n);

function readManifest(file: string): readonly Line[] | undefined {
  try {
    const text = readFileSync(file, "utf8");
    if (!text.endsWith(`\n${end}`)) return undefined;
    const lines = text.slice(0, -end.length - 1).split("\n");
    return lines.map((line) => JSON.parse(line) as Line); // written by the agent, where nobody else may write
  } catch {
    return undefined; // missing or damaged
  }
}

async function* entriesOf(archive: string): AsyncGenerator<Line> {
  const folders = [""];
  let seen = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const found of readdirSync(bytesOf(archive, folder), { encoding: "buffer" })) {
      seen += 1;
      if (seen % entriesPerTurn === 0) await yieldToEventLoop();
      const name = `${folder}${folder === "" ? "" : "/"}${found.toString("latin1")}`;
      const path = bytesOf(archive, name);
      const stats = lstatSync(path, { bigint: true });
      if (stats.isDirectory()) folders.push(name);
      yield [name, kindOf(stats), contentOf(path, stats)];
    }
  }
}

function kindOf(stats: BigIntStats): Kind {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  return stats.isSymbolicLink() ? "link" : "other";
}

/** A changed file has a changed time, so its content need not be read. A folder's time changes with what is added to it, and does not count. */
function contentOf(path: Buffer, stats: BigIntStats): string {
  if (stats.isFile()) return `${stats.size} ${stats.mtimeNs}`;
  return stats.isSymbolicLink() ? readlinkSync(path, "latin1") : "";
}

const bytesOf = (archive: string, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${archive}/`), Buffer.from(name, "latin1")]);

const shown = (name: string): string => JSON.stringify(Buffer.from(name, "latin1").toString("utf8").slice(0, 200));
