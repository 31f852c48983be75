import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../files/atomic-file.ts";
import { yieldToEventLoop } from "../yield-to-event-loop.ts";

// What has been unpacked is written down, so that a restart, which uses it again, can tell whether it is still whole
// (docs/decisions/007). Names are bytes to the system: here they are strings of one character a byte.

/** An unpacked entry: its path below the archive, what it is, and by what its content is known. */
type Line = readonly [name: string, kind: Kind, content: string];
type Kind = "file" | "folder" | "link" | "other";

/** Entries between which the agent does nothing else. */
const entriesPerTurn = 256;

/** Where the manifest of a deployment folder's archive is. */
const fileIn = (deployment: string): string => join(deployment, "archive-manifest");

/** Writes down what is in a deployment's archive. `names`: only these, where others are not the revision's own. */
export async function writeManifest(deployment: string, archive: string, names?: ReadonlySet<string>): Promise<void> {
  const lines: string[] = [];
  for await (const line of entriesOf(archive)) if (names?.has(line[0]) !== false) lines.push(JSON.stringify(line));
  writeAtomically(fileIn(deployment), `${lines.join("\n")}\n${end}`);
}

/** A manifest without this line at its end is not complete. */
const end = '"end"\n';

/** What a kept archive is like: whole, with the names that belong to it, or not. */
export type ManifestCheck = { readonly names: ReadonlySet<string> } | { readonly fault: string };

/** Compares a deployment's archive with what was unpacked. What scripts have put beside it since does no harm. */
export async function checkManifest(deployment: string, archive: string): Promise<ManifestCheck> {
  const lines = readManifest(fileIn(deployment));
  if (lines === undefined) return { fault: "nothing tells what was unpacked" };
  for (const [index, [name, kind, content]] of lines.entries()) {
    if (index % entriesPerTurn === entriesPerTurn - 1) await yieldToEventLoop();
    const trouble = differenceAt(bytesOf(archive, name), kind, content);
    if (trouble !== undefined) return { fault: `${shown(name)} ${trouble}` };
  }
  return { names: new Set(lines.map(([name]) => name)) };
}

function differenceAt(path: Buffer, kind: Kind, content: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return "is missing";
  if (kindOf(found) !== kind) return `is a ${kindOf(found)}, and was a ${kind}`;
  return contentOf(path, found) === content ? undefined : "has changed";
}

function readManifest(file: string): readonly Line[] | undefined {
  try {
    const text = readFileSync(file, "utf8");
    if (!text.endsWith(`\n${end}`)) return undefined;
    const lines = text.slice(0, -end.length - 1).split("\n");
    return lines.map((line) => JSON.parse(line) as Line); // the agent has written it, where nobody else may write
  } catch {
    return undefined; // it is missing, or damaged: both times it tells nothing
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

/** Whoever changes a file changes its time: so nobody has to read it all. Times of folders change with what is put beside their entries. */
function contentOf(path: Buffer, stats: BigIntStats): string {
  if (stats.isFile()) return `${stats.size} ${stats.mtimeNs}`;
  return stats.isSymbolicLink() ? readlinkSync(path, "latin1") : "";
}

const bytesOf = (archive: string, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${archive}/`), Buffer.from(name, "latin1")]);

const shown = (name: string): string => JSON.stringify(Buffer.from(name, "latin1").toString("utf8").slice(0, 200));
