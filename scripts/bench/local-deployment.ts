import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packAgent } from "../pack.ts";
import { atMost, atMostTimes, type Figure, median } from "./figure.ts";
import { nodeStart } from "./yardsticks.ts";

const runs = 7;

/** The large bundle: files, and bytes in all. Half of each file is noise, so that it compresses as real bundles do. */
const files = 2_000;
const bytes = 50 * 2 ** 20;

/**
 * A file system in memory. On a disk the time for the same files varies by a factor of ten from minute to minute, and the second
 * run is slower: ext4 without a journal, as cloud machines have it, scans each inode that was deleted in the last minutes.
 */
const memory = "/dev/shm";
/** All copies of the large bundle, twice over. */
const roomBytes = 1e9;

function hasRoomInMemory(): boolean {
  if (!existsSync(memory)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > roomBytes;
}

/** How long a deployment without a control plane takes: a small one, and a large one beside tar and a copy. */
export async function localDeployment(): Promise<readonly Figure[]> {
  const agent = await packAgent();
  const isInMemory = hasRoomInMemory();
  const folder = mkdtempSync(join(isInMemory ? memory : tmpdir(), "sluice-bench-"));
  try {
    const configuration = join(folder, "agent.yml");
    writeFileSync(
      configuration,
      `log_dir: ${folder}/log\npid_dir: ${folder}/pid\nroot_dir: ${folder}/root\nmax_revisions: 2\n`,
    );
    const deploy = (bundle: string) => {
      const words = [agent, "deploy-local", "-c", configuration, "-l", bundle, "-t", "tgz", "-b", "OVERWRITE"];
      const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8" });
      if (status !== 0) throw new Error(stdout);
    };
    const small = makeBundle(folder, "small", { files: 3, bytes: 3_000 });
    const large = makeBundle(folder, "large", { files, bytes });
    deploy(small);
    const smallSeconds = Array.from({ length: runs }, () => seconds(() => deploy(small)));
    deploy(large);
    const ratios: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const ours = seconds(() => deploy(large));
      const theirs = unpackAndCopy(folder, large);
      ratios.push(ours / theirs);
    }
    return [
      atMostTimes(`a small bundle, median of ${runs}`, median(smallSeconds) * 1000, {
        times: 4,
        unit: "ms",
        of: [nodeStart()],
      }),
      atMost(
        `${files} files of 50 MiB in all, in ${isInMemory ? "memory" : tmpdir()}, against tar xzf and a copy, median of ${runs}`,
        median(ratios),
        1.2,
        "x",
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same by hand: the old copy is removed, the bundle unpacked, and its files copied to their place. */
function unpackAndCopy(folder: string, bundle: string): number {
  const [unpacked, copied] = [join(folder, "unpacked"), join(folder, "copied")];
  const took = seconds(() => {
    rmSync(unpacked, { recursive: true, force: true });
    rmSync(copied, { recursive: true, force: true });
    mkdirSync(unpacked);
    execFileSync("tar", ["xzf", bundle, "-C", unpacked]);
    execFileSync("cp", ["-a", unpacked, copied]);
  });
  return took;
}

function makeBundle(folder: string, name: string, size: { files: number; bytes: number }): string {
  const source = join(folder, `${name}-source`);
  const each = Math.floor(size.bytes / size.files / 2);
  for (let file = 0; file < size.files; file += 1) {
    const place = join(source, "app", `d${file % 40}`);
    mkdirSync(place, { recursive: true });
    writeFileSync(
      join(place, `${file}`),
      Buffer.concat([randomBytes(each), Buffer.alloc(each, "the quick brown fox ")]),
    );
  }
  writeFileSync(
    join(source, "appspec.yml"),
    `version: 0.0\nos: linux\nfiles: [{source: app, destination: ${folder}/${name}-target}]\n`,
  );
  execFileSync("tar", ["czf", join(folder, `${name}.tgz`), "-C", source, "."]);
  return join(folder, `${name}.tgz`);
}

function seconds(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}
