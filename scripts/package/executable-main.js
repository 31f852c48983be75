// What the single executable `sluice` runs first. Its parts are programs of their own and read files beside themselves, and instances
// and functions need a Node: so the first start unpacks the program, and this Node without it, into the user's cache. The others only
// look whether it is there. Then this process becomes the program.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
  closeSync,
  fchmodSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { getAsset } from "node:sea";
import { zstdDecompressSync } from "node:zlib";
import { ownCache } from "../../packages/cli/bin/own-cache.js";

/** By this, once in its executable, Node knows whether it carries a program: the next character says so. Not in one piece here, as that would be a second time. */
const mark = ["NODE", "SEA", "FUSE", "fce680ab2cc467b6e072b8b5df1996b2:"].join("_");

/** @param {string} file @param {Uint8Array} bytes @param {number} mode */
function write(file, bytes, mode) {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  const open = openSync(file, "wx", mode);
  try {
    fchmodSync(open, mode); // whatever the umask: instances and functions are other users
    for (let done = 0; done < bytes.length;) done += writeSync(open, bytes, done);
  } finally {
    closeSync(open);
  }
}

/** Unpacks the program. @param {string} folder */
function unpack(folder) {
  const { files } = JSON.parse(getAsset("index.json", "utf8"));
  const bytes = zstdDecompressSync(Buffer.from(getAsset("files.zst")));
  let start = 0;
  for (const { path, mode, size } of files) {
    write(join(folder, path), bytes.subarray(start, start + size), mode);
    start += size;
  }
  const node = readFileSync(process.execPath);
  const at = node.indexOf(`${mark}1`);
  if (at < 0) throw new Error(`${process.execPath} does not say that it carries a program`);
  node.write("0", at + mark.length);
  write(join(folder, "node"), node, 0o755);
  try {
    execFileSync("sync", ["-f", folder], { stdio: "ignore" }); // a power cut must not leave half of it under the final name
  } catch {
    return; // there is no such program: it is on the disk a little later
  }
}

/** Removes what processes that were killed have left unfinished. @param {string} programs */
function removeUnfinished(programs) {
  for (const name of readdirSync(programs)) {
    const [, pid] = /^new-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && (Number(pid) === process.pid || !existsSync(`/proc/${pid}`)))
      rmSync(join(programs, name), { recursive: true, force: true });
  }
}

/** The folder with the program, unpacked if it is not yet. */
function program() {
  const { folder: programs, why } = ownCache("programs");
  const { id } = JSON.parse(getAsset("index.json", "utf8"));
  const folder = join(programs, id);
  const told = `sluice: Cannot unpack the program into ${folder}`;
  const remedy = "Name a folder of this user's own with XDG_CACHE_HOME";
  if (why !== undefined) throw new Error(`${told}: ${why}. ${remedy}`);
  if (existsSync(folder)) return folder;
  const making = join(programs, `new-${process.pid}`);
  removeUnfinished(programs);
  try {
    unpack(making);
    renameSync(making, folder);
  } catch (cause) {
    rmSync(making, { recursive: true, force: true });
    if (existsSync(folder)) return folder; // another process has unpacked the same
    throw new Error(`${told}: ${cause instanceof Error ? cause.message : String(cause)}. ${remedy}`, { cause });
  }
  return folder;
}

try {
  const folder = program();
  const node = join(folder, "node");
  // Whoever wants to start it again later names the executable: what is unpacked is this user's.
  const environment = { ...process.env, SLUICE_EXECUTABLE: process.execPath };
  process.execve(node, [node, join(folder, "packages/cli/bin/sluice.js"), ...process.argv.slice(2)], environment);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
