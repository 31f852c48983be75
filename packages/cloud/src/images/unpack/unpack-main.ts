import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { randomHex } from "../../random.ts";
import { copyFolder } from "./copy-folder.ts";
import { extractArchive } from "./extract-archive.ts";
import { type Job, type JobAnswer, layerName } from "./job.ts";
import { mergeLayers } from "./merge-layers.ts";
import { ownersOf } from "./owners.ts";
import { unpackLayer } from "./unpack-layer.ts";

// A process of its own, because its work blocks, and because an ordinary user may give files to the users of an image
// only within a user namespace. See job.ts.

async function carryOut(job: Job): Promise<void> {
  process.umask(0o022);
  if (job.op === "remove") {
    for (const folder of job.folders) rmSync(folder, { recursive: true, force: true });
    return;
  }
  if (job.op === "extract") return extractArchive(job.file, job.folder);
  const owners = ownersOf(job.owners);
  const layerOf = (diffId: string) => join(job.folders.layers, layerName(diffId));
  for (const layer of job.unverified)
    if ("file" in layer && existsSync(layerOf(layer.diffId))) {
      const folder = join(job.folders.layers, `new-${randomHex(8)}`);
      try {
        await unpackLayer(layer, folder, owners);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  for (const layer of job.layers)
    await make(layerOf(layer.diffId), async (folder) => {
      mkdirSync(folder);
      if ("file" in layer) await unpackLayer(layer, folder, owners);
      else copyFolder(layer, folder, owners);
    });
  if (job.layers.length === 1) return;
  const layers = job.layers.map(({ diffId }) => layerOf(diffId));
  await make(join(job.folders.trees, job.tree), async (folder) => mergeLayers(layers, folder));
}

/** Makes a folder unless it is there: beside its place, and then in its place, whole. */
async function make(folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const making = join(folder, "..", `new-${randomHex(8)}`);
  mkdirSync(join(folder, ".."), { recursive: true });
  try {
    await fill(making);
    // What has its place is trusted from then on, after a loss of power as well.
    const { status, stderr } = spawnSync("sync", ["-f", making], { encoding: "utf8" });
    if (status !== 0) throw new Error(`What was unpacked cannot be brought to the disk: ${stderr}`);
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    throw error;
  }
}

const answer: JobAnswer = await carryOut(JSON.parse(await text(process.stdin)) as Job).then(
  () => ({}),
  (error: unknown) => ({ trouble: error instanceof Error ? error.message : String(error) }),
); // the server's own JSON
process.stdout.write(JSON.stringify(answer));
