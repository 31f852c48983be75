// The single executable, on a machine without Node: it is one file, and becomes the program.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeServerExecutable } from "../../scripts/package/executable.ts";
import { firstDeployment, InstalledHome } from "../support/installed-home.ts";
import { removeFolder } from "../support/remove-folder.ts";

async function executable(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-executable-"));
  t.after(() => removeFolder(folder));
  chmodSync(folder, 0o755);
  return makeServerExecutable({ node: process.execPath, output: join(folder, "sluice") });
}

test("the single executable makes the first deployment", { timeout: 400_000 }, async (t) => {
  const home = new InstalledHome(t, { program: await executable(t) });

  assert.equal((await home.run(home.program, "--version")).stderr, "");

  const programs = join(home.folder, ".cache/sluice/programs");
  const [id = "", ...others] = readdirSync(programs);
  assert.deepEqual(others, []);
  home.package = join(programs, id);
  await firstDeployment(home);

  // Whoever may write there could change what runs.
  const open = join(home.folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  await assert.rejects(
    home.run("env", `XDG_CACHE_HOME=${open}`, home.program, "--version"),
    ({ stderr }: { stderr: string }) =>
      /Cannot unpack the program into .*open\/sluice\/programs.*others may change/.test(stderr),
  );
});
