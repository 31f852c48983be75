import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, globSync, lstatSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { version } from "../../packages/aws-protocol/src/version.ts";
import { packSluice } from "../../scripts/package/npm-package.ts";
import { nodeRegistry } from "./node-registry.ts";
import { removeFolder } from "./remove-folder.ts";

const run = promisify(execFile);

/** Who installs and runs it where the test's own user is root: an ordinary user without an account. */
const ordinary = 54_321;

/** This machine's npm. */
const npm = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "npm"))
  .find((file) => existsSync(file));

/** A machine of its own, as far as a program can tell: a home, a folder that npm installs into, a Node. */
export class InstalledHome {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-home-"));
  /** What `sluice` is there. */
  readonly program: string;
  /** The folder that it is loaded from. */
  package = join(this.folder, "prefix/lib/node_modules/sluice");
  readonly #path: string;
  readonly #asUser =
    process.getuid?.() === 0 ? ["setpriv", `--reuid=${ordinary}`, `--regid=${ordinary}`, "--clear-groups"] : [];

  /** With the folder of a Node, if it has one, and with a program, unless npm is to install it. */
  constructor(t: TestContext, { node, program }: { readonly node?: string; readonly program?: string }) {
    this.program = program ?? join(this.folder, "prefix/bin/sluice");
    this.#path = `${node === undefined ? "" : `${node}:`}/usr/sbin:/usr/bin:/sbin:/bin`;
    chmodSync(this.folder, 0o755);
    if (this.#asUser.length > 0) chownSync(this.folder, ordinary, ordinary);
    t.after(async () => {
      await this.run(this.program, "down").catch(() => {}); // it was never installed
      removeFolder(this.folder);
    });
  }

  #words(words: readonly string[]) {
    const [command = "", ...rest] = [...this.#asUser, ...words];
    const env = { HOME: this.folder, PATH: this.#path, LANG: "C.UTF-8" };
    return { command, rest, options: { env, cwd: this.folder } };
  }

  run(...words: readonly string[]) {
    const { command, rest, options } = this.#words(words);
    return run(command, rest, { ...options, maxBuffer: 16 * 1024 * 1024 });
  }

  spawn(...words: readonly string[]): ChildProcess & { readonly stdout: NodeJS.ReadableStream } {
    const { command, rest, options } = this.#words(words);
    return spawn(command, rest, { ...options, stdio: ["ignore", "pipe", "inherit"] });
  }

  /** Installs the tarball by npm, without any script, and returns what npm has asked a registry for. */
  async install(t: TestContext, ...options: readonly string[]): Promise<readonly string[]> {
    const scratch = mkdtempSync(join(tmpdir(), "sluice-tarball-"));
    t.after(() => removeFolder(scratch));
    const tarball = await packSluice(scratch);
    chmodSync(scratch, 0o755);
    const registry = await nodeRegistry(t, scratch);
    const words = [
      `--prefix=${join(this.folder, "prefix")}`,
      `--registry=${registry.url}`,
      "--no-audit",
      "--no-fund",
      "--no-update-notifier",
    ];
    await this.run("node", npm ?? "", "install", "--global", "--ignore-scripts", ...words, ...options, tarball);
    return [...registry.asked];
  }

  /** Every file of the package, with its size and when it was changed. */
  files(): readonly string[] {
    return globSync("**", { cwd: this.package }).map((path) => {
      const { size, mtimeMs } = lstatSync(join(this.package, path));
      return `${path} ${size} ${mtimeMs}`;
    });
  }
}

/** Starts `sluice up`, and resolves when its example runs. */
async function up(home: InstalledHome): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = home.spawn(home.program, "--port", "0", "up", "--instances", "1");
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith("The example application runs")) break;
  }
  assert(
    lines.some((line) => line.startsWith("ready on ")),
    lines.join("\n"),
  );
  const [, url = ""] = /^ready on (\S+)$/m.exec(lines.join("\n")) ?? [];
  return { child, url };
}

/** Makes the first deployment of the README by a Sluice that is installed, and asserts that it writes nowhere but where it may. */
export async function firstDeployment(home: InstalledHome): Promise<void> {
  assert.equal((await home.run(home.program, "--version")).stdout, `${version}\n`);
  const before = home.files();
  const { child, url } = await up(home);
  assert.match(await (await fetch(url)).text(), /<script type="module"/, "the console's pages are there");
  const example = join(home.package, "examples/hello");
  await home.run("cp", "-r", example, "mine");
  await home.run("sh", "-c", "echo 7 > mine/app/VERSION");

  const deployed = await home.run(home.program, "deploy", "mine");
  const [id = ""] = /d-\w+/.exec(deployed.stdout) ?? [];
  const watched = await home.run(home.program, "watch", id);

  assert.match(watched.stdout, /ValidateService Succeeded/);
  assert.match((await home.run(home.program, "down")).stdout, /Stopped process/);
  if (child.exitCode === null) await once(child, "exit");
  assert(existsSync(join(home.folder, ".local/share/sluice/codedeploy.sqlite")));
  assert(!existsSync(join(home.folder, ".sluice")));
  assert.deepEqual(home.files(), before, "it writes nothing into its own folder");
}
