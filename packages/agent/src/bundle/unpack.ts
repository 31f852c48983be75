import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BundleRules } from "./rules.ts";
import { unpackTar } from "./unpack-tar.ts";
import { unpackZip } from "./unpack-zip.ts";
import { BundleWriter } from "./writer.ts";

/** A downloaded bundle, and the folder that its revision goes to. */
export interface Unpacking {
  readonly file: string;
  readonly type: "tar" | "tgz" | "zip";
  readonly into: string;
}

/** Unpacks a bundle; the folder appears when it is complete (agent.md §4.4, §4.5). Throws, naming the entry, when one of them must not be unpacked; nothing is ever written outside. */
export async function unpackBundle({ file, type, into }: Unpacking): Promise<void> {
  const temporary = `${into}-temp`;
  await rm(into, { recursive: true, force: true });
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  try {
    const writer = new BundleWriter(new BundleRules(temporary, (await stat(file)).size));
    await (type === "zip" ? unpackZip(file, writer) : unpackTar(file, writer));
    await writer.finish();
    await rename(await revisionRoot(temporary), into);
  } catch (cause) {
    throw new Error(`Error extracting ${type} archive: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** An archive whose only entry is a folder with an AppSpec file in it stands for that folder, as source hosts pack them. */
async function revisionRoot(folder: string): Promise<string> {
  const [only, ...others] = await readdir(folder, { withFileTypes: true });
  if (only === undefined || others.length > 0 || !only.isDirectory()) return folder;
  const inner = join(folder, only.name);
  return (await readdir(inner)).some((name) => /appspec/i.test(name)) ? inner : folder;
}
