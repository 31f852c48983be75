import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { DatabaseSync } from "node:sqlite";
import { version } from "@sluice/aws-protocol/version";
import tar from "tar-stream";
import { backupFiles, isDatabase, required } from "./backup-files.ts";
import { type BackupManifest, manifestFormat, manifestName } from "./manifest.ts";
import type { Configuration } from "../config.ts";
import { findEndpoint } from "../endpoint.ts";
import { programName } from "../environment.ts";
import { findRunning } from "../running.ts";
import { callSluice } from "../sluice-call.ts";

/**
 * Writes a backup of a running server's data folder: all of it as it was in one moment, each database checked. Returns a
 * sentence for people. Throws with one clear sentence, and leaves nothing behind.
 */
export async function backup(configuration: Configuration, to: string): Promise<string> {
  const { dataFolder } = configuration;
  const file = resolve(to);
  if (existsSync(file)) throw new Error(`Cannot write the backup "${file}": it is there already`);
  if (findRunning(dataFolder) === undefined)
    throw new Error(
      `Cannot ask for a backup: nothing runs on ${dataFolder}. A folder that no server uses is its own backup: copy it, or start the server with ${programName} server --data ${dataFolder}`,
    );
  const copies = `${file}.copies`;
  try {
    mkdirSync(copies, { recursive: false, mode: 0o700 });
  } catch (cause) {
    throw new Error(
      `Cannot write the backup "${file}": its folder must be there and writable, and "${copies}" must not exist`,
      { cause },
    );
  }
  try {
    const names = await copyAll(configuration, copies);
    for (const name of names.filter(isDatabase)) checkDatabase(join(copies, name), name);
    const manifest = await manifestOf(copies, names, new Date());
    await pack(`${file}.new`, copies, manifest);
    renameSync(`${file}.new`, file);
    const bytes = statSync(file).size;
    return `Wrote ${file}: ${names.length} files, ${Math.ceil(bytes / 1024)} KiB. Whoever has it has the administrator's key: keep it as you keep the data folder`;
  } finally {
    rmSync(copies, { recursive: true, force: true });
    rmSync(`${file}.new`, { force: true });
  }
}

/** Copies the files while the server holds them still. */
async function copyAll(configuration: Configuration, to: string): Promise<readonly string[]> {
  const { dataFolder } = configuration;
  const endpoint = findEndpoint(configuration);
  const { backupId, ...begun } = (await callSluice(endpoint, "BeginBackup", {})) as BegunBackup; // the operation's output
  try {
    if (resolve(begun.dataFolder) !== resolve(dataFolder))
      throw new Error(
        `Cannot back up ${dataFolder}: the server that answers uses ${begun.dataFolder}. Is AWS_ENDPOINT_URL set for another one?`,
      );
    const names = backupFiles(dataFolder);
    const missing = required.filter((name) => !names.includes(name));
    if (missing.length > 0) throw new Error(`Cannot back up ${dataFolder}: it lacks ${missing.join(", ")}`);
    for (const name of names) copy(join(dataFolder, name), join(to, name));
    return names;
  } finally {
    await callSluice(endpoint, "EndBackup", { backupId });
  }
}

interface BegunBackup {
  readonly backupId: string;
  readonly dataFolder: string;
}

/** Copies a file, as a reference to the same blocks where the file system can. */
function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  const { status, stderr, error } = spawnSync("cp", ["--reflink=auto", "--", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot copy "${from}": ${stderr || String(error)}`.trim(), { cause: error });
}

/** Reads every page of a database. Throws when it is damaged. */
function checkDatabase(path: string, name: string): void {
  const db = new DatabaseSync(path);
  try {
    const found = db.prepare("PRAGMA integrity_check(1)").get() as { readonly integrity_check: string }; // as SQLite names it
    if (found.integrity_check !== "ok")
      throw new Error(
        `Cannot use the copy of ${name}: ${found.integrity_check}. The database itself may be damaged: look at the server's log`,
      );
    db.exec("PRAGMA journal_mode=DELETE"); // one file, without a log beside it
  } finally {
    db.close();
  }
}

async function manifestOf(folder: string, names: readonly string[], now: Date): Promise<BackupManifest> {
  const files = [];
  for (const name of names) {
    const hash = createHash("sha256");
    await pipeline(createReadStream(join(folder, name)), hash);
    files.push({ name, size: statSync(join(folder, name)).size, sha256: hash.digest("hex") });
  }
  return { format: manifestFormat, version, at: now.toISOString(), files };
}

async function pack(file: string, folder: string, manifest: BackupManifest): Promise<void> {
  const archive = tar.pack();
  const written = pipeline(archive, createWriteStream(file, { mode: 0o600, flags: "wx", flush: true }));
  const add = async () => {
    archive.entry({ name: manifestName, mode: 0o600 }, JSON.stringify(manifest, null, 2));
    for (const { name, size } of manifest.files)
      await pipeline(createReadStream(join(folder, name)), archive.entry({ name, size, mode: 0o600 }));
    archive.finalize();
  };
  await Promise.all([add(), written]);
}
