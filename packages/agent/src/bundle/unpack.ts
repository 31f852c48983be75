import { readdirSync } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BundleRules, type RuleSwitches, rulesByDefault, UnsafeEntry } from "./rules.ts";
import { unpackTar } from "./unpack-tar.ts";
import { unpackZip } from "./unpack-zip.ts";
import { BundleWriter } from "./writer.ts";

/** A downloaded bundle, and the folder that its revision goes to. */
export interface Unpacking {
  readonly file: string;
  readonly type: "tar" | "tgz" | "zip";
  readonly into: string;
  readonly rules?: RuleSwitches;
}

/** Unpacks a bundle; the folder appears when it is complete (agent.md §4.4, §4.5). Throws, naming the entry, when one of them must not be unpacked; nothing is ever written outside. */
export async function unpackBundle({ file, type, into, rules: switches = rulesByDefault }: Unpacking): Promise<void> {
  const temporary = `${into}-temp`;
  await rm(into, { recursive: true, force: true });
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  try {
    const rules = new BundleRules(temporary, (await stat(file)).size, switches);
    const writer = new BundleWriter(rules);
    await (type === "zip" ? unpackZip(file, writer) : unpackTar(file, writer));
    if (rules.entries === 0) throw new UnsafeEntry("The bundle has no entries");
    writer.finish();
    const root = revisionRoot(temporary);
    rules.confineLinks(root);
    await rename(root, into);
  } catch (cause) {
    throw new Error(`Error extracting ${type} archive: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** An archive whose only entry is a folder with an AppSpec file in it stands for that folder, as source hosts pack them. */
function revisionRoot(folder: string): string {
  const [only, ...others] = readdirSync(folder, { withFileTypes: true });
  if (only === undefined || others.length > 0 || !only.isDirectory()) return folder;
  const inner = join(folder, only.name);
  return readdirSync(inner).some((name) => /appspec/i.test(name)) ? inner : folder;
}
