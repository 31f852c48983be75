import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Fault } from "@sluice/aws-protocol";
import { stateFolderOf } from "../instance/index.ts";
import type { Images } from "./resolved-image.ts";

/** The user that root inside of isolated instances is outside, when root runs this program. */
const outsideUser = 500_000;

/** Opens the images of a data folder: folders of this machine, as `file:/folder`. */
export function openImages({ dataFolder }: { readonly dataFolder: string }): Images {
  const folder = join(stateFolderOf(dataFolder), "images");
  return {
    async resolve(reference) {
      if (!reference.startsWith("file:"))
        throw refused(`pull access denied for ${reference}: there is no registry here`);
      const source = reference.startsWith("file://") ? fileURLToPath(reference) : reference.slice("file:".length);
      if (!existsSync(source) || !statSync(source).isDirectory())
        throw refused(`failed to resolve ref ${reference}: "${source}" is no folder`);
      const digest = digestOf(source);
      const copy = join(folder, digest);
      if (!existsSync(copy)) copyFolder(source, copy);
      return { digest: `sha256:${digest}`, layers: [copy], config: { exposedPorts: [] } };
    },
  };
}

const refused = (why: string) => new Fault("CannotPullContainerError", `CannotPullContainerError: ${why}`);

/** What tells one state of a folder from another: names, sizes and times. */
function digestOf(source: string): string {
  const digest = createHash("sha256");
  for (const path of readdirSync(source, { recursive: true, encoding: "utf8" }).toSorted()) {
    const { mode, size, mtimeMs } = statSync(join(source, path), { throwIfNoEntry: false }) ?? {};
    digest.update(`${path}\0${mode}\0${size}\0${mtimeMs}\n`);
  }
  return digest.digest("hex");
}

function copyFolder(source: string, copy: string): void {
  rmSync(`${copy}.new`, { recursive: true, force: true });
  mkdirSync(join(copy, ".."), { recursive: true });
  chmodSync(join(copy, ".."), 0o755); // whoever runs containers may be another user; the state folder keeps others out
  cpSync(source, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
  if (process.getuid?.() === 0) {
    chownSync(`${copy}.new`, outsideUser, outsideUser);
    for (const path of readdirSync(`${copy}.new`, { recursive: true, encoding: "utf8" }))
      lchownSync(join(`${copy}.new`, path), outsideUser, outsideUser);
  }
  renameSync(`${copy}.new`, copy);
}
