// Makes the npm package `sluice`: `npm run pack` prints the path of dist/sluice-VERSION.tgz, which `npm install -g` takes. All is
// plain JavaScript; the agent's file, the console's pages and every dependency, as the lock has it, are inside. Only Node itself
// is fetched when it is installed (docs/decisions/044).
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { version } from "../../packages/aws-protocol/src/version.ts";
import { billOfMaterials, installedPackages } from "../bill-of-materials.ts";
import { buildConsole } from "../build-console.ts";
import { packAgent } from "../pack.ts";
import { copyAsJavaScript } from "./javascript.ts";

const root = resolve(import.meta.dirname, "../..");

/** Where everything that is made for others to install goes. */
export const distribution = join(root, "dist");

/** Makes the package's tarball in a folder, and returns its path. */
export async function packSluice(target = distribution): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-pack-"));
  try {
    await writeProgram(folder);
    mkdirSync(target, { recursive: true });
    const words = ["pack", "--silent", "--ignore-scripts", "--pack-destination", target];
    execFileSync("npm", words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    return join(target, `sluice-${version}.tgz`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the whole program, ready to run by a Node, into a folder. */
export async function writeProgram(folder: string): Promise<void> {
  copyAsJavaScript(root, folder);
  for (const place of bundled()) cpSync(join(root, place), join(folder, place), { recursive: true, filter: isUsed });
  const agent = await packAgent();
  for (const [from, to] of [
    [agent, "packages/agent/dist/codedeploy-agent.cjs"],
    [`${agent}.cdx.json`, "packages/agent/dist/codedeploy-agent.cjs.cdx.json"],
  ] as const) {
    mkdirSync(join(folder, "packages/agent/dist"), { recursive: true });
    copyFileSync(from, join(folder, to));
  }
  await buildConsole();
  cpSync(join(root, "packages/console/dist"), join(folder, "packages/console/dist"), { recursive: true });
  cpSync(join(root, "examples/hello"), join(folder, "examples/hello"), { recursive: true });
  for (const name of ["LICENSE", "CHANGELOG.md", "README.md", "SECURITY.md"])
    copyFileSync(join(root, name), join(folder, name));
  writeFileSync(join(folder, "package.json"), asText(manifest()));
  writeFileSync(join(folder, "sluice.cdx.json"), asText(billOfMaterials("", installedPackages())));
}

interface Manifest {
  readonly description: string;
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest; // ours

/** What no program here loads of a package: types, sources for bundlers, programs for another runtime than Node, texts. */
const unused = /^(dist-types|dist-es|prebuilds)$|\.(d\.[cm]?ts|map|md)$/;

const isUsed = (path: string) => /^(license|notice)/i.test(basename(path)) || !unused.test(basename(path));

/** The packages that come inside, by their places: all that are installed but Node. */
const bundled = () => installedPackages().filter((place) => !isNode.test(place));

/** npm's packages of Node's own program, one for each kind of machine. */
const isNode = /^node_modules\/node-(bin-)?(linux|darwin)-/;

/** The package's manifest, out of those of the repository. npm takes what is bundled as it is, and asks no registry about it. */
function manifest() {
  const { description, license, optionalDependencies } = manifestOf(root);
  const places = globSync("packages/*", { cwd: root });
  const wanted = places.flatMap((place) => Object.entries(manifestOf(join(root, place)).dependencies ?? {}));
  const others = wanted.filter(([name]) => !name.startsWith("@sluice/"));
  const dependencies = Object.fromEntries(others.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  return {
    name: "sluice",
    version,
    description,
    license,
    type: "module",
    bin: { sluice: "packages/cli/bin/sluice.js" },
    engines: { node: ">=20.15" },
    dependencies,
    bundleDependencies: Object.keys(dependencies),
    optionalDependencies,
  };
}

const asText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

if (import.meta.filename === resolve(process.argv[1] ?? "")) console.log(await packSluice());
