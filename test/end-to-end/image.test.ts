// The container image, built by buildah and run as its user with nothing but what is in it.
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { promisify } from "node:util";
import { version } from "../../packages/aws-protocol/src/version.ts";
import { makeImageContext } from "../../scripts/package/image.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { whyMissing } from "../support/why-missing.ts";

const run = promisify(execFile);
const skip =
  process.getuid?.() === 0 ? await whyMissing("buildah") : "only root may build images without user namespaces";

/** What the image says of how it is run. */
interface Settings {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
}

test(
  "the image has what the control plane needs, and runs it as a user of its own",
  { skip, timeout: 400_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-image-test-"));
    let child: ChildProcess | undefined;
    t.after(async () => {
      child?.kill("SIGKILL");
      // The storage of images is a mount of its own.
      await run("umount", ["--recursive", join(folder, "storage/overlay")]).catch(() => {}); // it was never used
      removeFolder(folder);
    });
    const context = join(folder, "context");
    await makeImageContext(context, process.execPath);
    const buildah = async (...words: readonly string[]) => {
      const storage = [`--root=${folder}/storage`, `--runroot=${folder}/run`];
      return (await run("buildah", [...storage, ...words])).stdout.trim();
    };

    await buildah("build", "--isolation=chroot", "--tag=sluice", `--file=${context}/Containerfile`, context);
    const container = await buildah("from", "--pull-never", "localhost/sluice");
    const root = await buildah("mount", container);
    const told = JSON.parse(await buildah("inspect", "--type=image", "localhost/sluice")) as {
      OCIv1: { config: Settings };
    }; // buildah's
    const { User, Env, Entrypoint, Cmd } = told.OCIv1.config;

    const within = ["--userspec", User, root, ...Entrypoint];
    const options = { env: { ...Object.fromEntries(Env.map((one) => one.split("=", 2))), SLUICE_PORT: "0" } };
    assert.equal((await run("chroot", [...within, "--version"], options)).stdout, `${version}\n`);
    const running = spawn("chroot", [...within, ...Cmd], { ...options, stdio: ["ignore", "pipe", "inherit"] });
    child = running;
    let url = "";
    for await (const line of createInterface({ input: running.stdout })) {
      url = /^ready on (http:\S+)/.exec(line)?.[1] ?? "";
      if (url !== "") break;
    }
    const { status } = await fetch(url.replace("0.0.0.0", "127.0.0.1"));
    running.kill("SIGTERM");
    assert.equal(status, 200);
    assert.deepEqual(await once(running, "exit"), [0, null]);
  },
);
