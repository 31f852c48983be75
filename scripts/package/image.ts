// The container image of the control plane: `npm run build:image` makes the folder dist/image, and builds the image in it by the
// first of buildah, podman and docker that there is. It is made from nothing: the program, its Node and the libraries that this
// needs, so there is neither a shell nor a package manager in it, and nothing is fetched.
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { version } from "../../packages/aws-protocol/src/version.ts";
import { distribution, writeProgram } from "./npm-package.ts";

const root = resolve(import.meta.dirname, "../..");

/** The user of the image, who is nobody on the host. */
const user = 10_001;

/** Fills a folder with what an image is built from. */
export async function makeImageContext(folder: string, node: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-image-"));
  try {
    const program = join(scratch, "usr/lib/sluice");
    mkdirSync(program, { recursive: true });
    await writeProgram(program);
    copyFileSync(node, join(program, "node"));
    for (const [place, file] of librariesOf(node)) {
      mkdirSync(dirname(join(scratch, place)), { recursive: true });
      copyFileSync(file, join(scratch, place));
    }
    mkdirSync(join(scratch, "etc"));
    writeFileSync(join(scratch, "etc/passwd"), `sluice:x:${user}:${user}:Sluice:/var/lib/sluice:/nonexistent\n`);
    writeFileSync(join(scratch, "etc/group"), `sluice:x:${user}:\n`);
    mkdirSync(join(scratch, "tmp"));
    mkdirSync(join(scratch, "var/lib"), { recursive: true });
    execFileSync("chmod", ["-R", "u=rwX,go=rX", scratch]);
    chmodSync(join(scratch, "tmp"), 0o1777);
    mkdirSync(folder, { recursive: true });
    writeRoot(scratch, join(folder, "root.tar"));
    copyFileSync(join(root, "Containerfile"), join(folder, "Containerfile"));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The libraries that an executable is loaded with: where it looks for each, and the file. */
function librariesOf(executable: string): readonly (readonly [place: string, file: string])[] {
  const told = execFileSync("ldd", [executable], { encoding: "utf8" });
  const found = [...told.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(
    ([, place = ""]) => [place, realpathSync(place)] as const,
  );
  if (found.length === 0) throw new Error(`Cannot tell which libraries ${executable} needs: ldd says "${told}"`);
  return found;
}

/** Everything in the image is root's, but for the data folder, which nobody else may read. */
function writeRoot(from: string, file: string): void {
  const asRoot = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name", "--mtime=@0"];
  execFileSync("tar", [
    "-C",
    from,
    "-cf",
    file,
    ...asRoot,
    "usr",
    ...["lib", "lib64", "etc", "tmp", "var"].filter(isIn(from)),
  ]);
  mkdirSync(join(from, "var/lib/sluice"), { mode: 0o700 });
  const asUser = [`--owner=${user}`, `--group=${user}`, "--numeric-owner", "--mtime=@0"];
  execFileSync("tar", ["-C", from, "-rf", file, ...asUser, "var/lib/sluice"]);
}

const isIn = (folder: string) => (name: string) => spawnSync("test", ["-e", join(folder, name)]).status === 0;

if (import.meta.filename === resolve(process.argv[1] ?? "")) {
  const folder = join(distribution, "image");
  await makeImageContext(folder, process.execPath);
  console.log(folder);
  const builder = ["buildah", "podman", "docker"].find((name) => spawnSync(name, ["--version"]).status === 0);
  if (builder === undefined)
    throw new Error(`Cannot build the image: neither buildah nor podman nor docker is here. Build it from ${folder}`);
  const words = ["build", "--tag", `sluice:${version}`, "--file", join(folder, "Containerfile"), folder];
  execFileSync(builder, words, { stdio: "inherit" });
}
