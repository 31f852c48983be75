// The single executable of Sluice: a Node that carries the program, for the kind of machine that the Node is for.
import { createHash } from "node:crypto";
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { rolldown } from "rolldown";
import { writeProgram } from "./npm-package.ts";
import { type Executable, makeExecutable } from "./single-executable.ts";

/** Makes the single executable of the whole of Sluice, but for the agent's, which hosts have. Returns its path. */
export async function makeServerExecutable({ node, output }: Pick<Executable, "node" | "output">): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-executable-"));
  try {
    const folder = join(scratch, "program");
    await writeProgram(folder);
    const paths = globSync("**", { cwd: folder }).filter((path) => statSync(join(folder, path)).isFile());
    const files = paths.toSorted().map((path) => {
      const { mode, size } = statSync(join(folder, path));
      return { path, mode: mode & 0o111 ? 0o755 : 0o644, size };
    });
    const bytes = Buffer.concat(files.map(({ path }) => readFileSync(join(folder, path))));
    const hash = createHash("sha256").update(JSON.stringify(files)).update(bytes).update(readFileSync(node));
    const assets = { "index.json": join(scratch, "index.json"), "files.zst": join(scratch, "files.zst") };
    writeFileSync(assets["index.json"], JSON.stringify({ id: hash.digest("hex").slice(0, 16), files }));
    writeFileSync(
      assets["files.zst"],
      zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 12 } }),
    );
    return makeExecutable({ main: await bundledMain(scratch), output, node, assets });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function bundledMain(folder: string): Promise<string> {
  const file = join(folder, "main.cjs");
  const bundle = await rolldown({ input: join(import.meta.dirname, "executable-main.js"), platform: "node" });
  await bundle.write({ file, format: "cjs", codeSplitting: false });
  await bundle.close();
  return file;
}
