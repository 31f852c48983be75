import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomHex } from "../../../random.ts";

/** A package, and its place below the folder of all packages. */
interface Package {
  readonly place: string;
  readonly version: string;
}

/** The parts of a package that no program loads here: types, sources for browsers, texts. */
const unused = /^(dist-types|dist-es)$|\.(d\.[cm]?ts|md|map)$/;

/**
 * AWS's SDK clients as functions see them, which Lambda's Node runtimes bring: a copy, so that no function ever sees what
 * this program itself is loaded from. It is made once for each state of those packages, and kept beside them in a clone, where
 * all data folders share it. What is installed writes nothing where it lies, and a clone may be another user's: it is kept in `folder` then. Returns the copy's folder.
 */
export async function copySdk(folder: string): Promise<string> {
  const source = packagesFolder();
  const packages = packagesOfSdk(source);
  const hash = createHash("sha256").update(JSON.stringify(packages)).digest("hex").slice(0, 16);
  if (extname(import.meta.filename) !== ".ts") return copyPackages(packages, { source, folder, hash }); // no clone
  const beside = join(source, ".cache/sluice/functions-sdk");
  try {
    return await copyPackages(packages, { source, folder: beside, hash });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return copyPackages(packages, { source, folder, hash });
  }
}

const isRefusal = (error: unknown) =>
  error instanceof Error && "code" in error && ["EACCES", "EPERM", "EROFS"].includes(String(error.code));

async function copyPackages(
  packages: readonly Package[],
  { source, folder, hash }: { source: string; folder: string; hash: string },
): Promise<string> {
  const place = join(folder, hash, "node_modules");
  if (existsSync(place)) return place;
  const making = join(folder, `new-${randomHex(8)}`);
  try {
    for (const { place: at } of packages) await copyFolder(join(source, at), join(making, "node_modules", at));
    await showFolders(making);
    await rename(making, join(folder, hash)).catch((error: NodeJS.ErrnoException) => {
      // Another process has made the same copy meanwhile.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return place;
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await Promise.all(
    (await readdir(from, { withFileTypes: true })).map(async (entry) => {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (unused.test(entry.name)) return;
      if (entry.isDirectory()) await copyFolder(source, target);
      // The function's user must be able to read it, whatever the umask.
      else if (entry.isFile()) await copyFile(source, target).then(() => chmod(target, 0o644));
    }),
  );
}

async function showFolders(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o755);
}

/** The folder that this program is loaded from, with its packages: a clone, or what npm has installed. */
export function programFolder(): string {
  const packages = packagesFolder();
  const around = dirname(packages);
  return existsSync(join(around, "package.json")) ? around : packages;
}

/** The folder of the packages that this program is loaded from. */
function packagesFolder(): string {
  const client = fileURLToPath(import.meta.resolve("@aws-sdk/client-codedeploy"));
  return client.slice(0, client.indexOf(join("node_modules", "@aws-sdk")) + "node_modules".length);
}

/** Returns the SDK's clients, and whatever they need. */
function packagesOfSdk(source: string): readonly Package[] {
  const found = new Map<string, Package>();
  const add = (place: string): void => {
    if (found.has(place)) return;
    const { version, dependencies = {} } = JSON.parse(readFileSync(join(source, place, "package.json"), "utf8")) as {
      version: string;
      dependencies?: Record<string, string> | undefined;
    }; // what npm requires of it
    found.set(place, { place, version });
    for (const name of Object.keys(dependencies)) {
      const at = placeOf(source, place, name);
      if (at !== undefined) add(at);
    }
  };
  for (const name of readdirSync(join(source, "@aws-sdk"))) if (name.startsWith("client-")) add(join("@aws-sdk", name));
  return [...found.values()].toSorted((one, other) => (one.place < other.place ? -1 : 1));
}

/** Where a package finds one that it requires: in a folder of its own, of one around it, or among all. */
function placeOf(source: string, user: string, name: string): string | undefined {
  for (let around = user; around !== "."; around = dirname(around)) {
    const own = join(around, "node_modules", name);
    if (existsSync(join(source, own, "package.json"))) return own;
  }
  return existsSync(join(source, name, "package.json")) ? name : undefined;
}
