import { readdirSync } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type ByteName, byteName, pathOf, UnsafeEntry } from "@sluice/archive";
import type { ArchiveAttributes } from "../deployment/archive-attributes.ts";
import { removeTree } from "../files/remove-tree.ts";
import { pathOf as shownName } from "../files/system-path.ts";
import { BundleRules, type BundleRuleOptions, defaultBundleRules } from "./bundle-rules.ts";
import { unpackTar } from "./unpack-tar.ts";
import { unpackZip } from "./unpack-zip.ts";
import { BundleWriter } from "./bundle-writer.ts";

/** A downloaded bundle, and the folder that its revision goes to. */
export interface Unpacking {
  readonly file: string;
  readonly type: "tar" | "tgz" | "zip";
  readonly into: string;
  readonly rules?: BundleRuleOptions | undefined;
  /** Called with what is odd about the bundle and does no harm. */
  readonly warn?: ((line: string) => void) | undefined;
}

/** Unpacks a bundle into a folder that appears when it is complete (agent.md §4.4, §4.5), and writes nothing elsewhere. Returns the attributes that are deferred to the installation. Throws an error that names the entry when one must not be unpacked. */
export async function unpackBundle({
  file,
  type,
  into,
  rules: options = defaultBundleRules,
  warn = () => {},
}: Unpacking): Promise<ArchiveAttributes> {
  const temporary = `${resolve(into)}-temp`;
  await removeTree(into);
  await removeTree(temporary);
  await mkdir(temporary, { recursive: true });
  try {
    const rules = new BundleRules(temporary, (await stat(file)).size, options);
    const writer = new BundleWriter(rules, { root: byteName(temporary), warn });
    await (type === "zip" ? unpackZip(file, writer) : unpackTar(file, writer));
    if (rules.entries === 0) throw new UnsafeEntry("The bundle has no entries");
    writer.finish();
    const root = revisionRoot(byteName(temporary));
    for (const warning of rules.judgeLinks(root)) warn(warning);
    await rename(pathOf(root), into);
    return attributesBelow(root, writer);
  } catch (cause) {
    throw new Error(`Error extracting ${type} archive: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    await removeTree(temporary);
  }
}

/** Returns the deferred attributes by paths below the revision's root. */
function attributesBelow(root: ByteName, { deferred }: BundleWriter): ArchiveAttributes {
  return new Map(
    Array.from(deferred, ([path, attributes]) => [shownName(pathOf(path.slice(root.length + 1))), attributes]),
  );
}

/** Returns the root of the revision: the only entry of the archive, if it is a folder with an AppSpec file, as in archives of GitHub; else the whole. */
function revisionRoot(folder: ByteName): ByteName {
  const [only, ...others] = readdirSync(pathOf(folder), { withFileTypes: true, encoding: "buffer" });
  if (only === undefined || others.length > 0 || !only.isDirectory()) return folder;
  const inner = `${folder}/${only.name.toString("latin1")}`;
  return readdirSync(pathOf(inner), "latin1").some((name) => /appspec/i.test(name)) ? inner : folder;
}
