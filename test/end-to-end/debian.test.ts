// Debian's packages, installed into a root folder of their own and removed again, by Debian's own tools.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { version } from "../../packages/aws-protocol/src/version.ts";
import { makeDebianPackages } from "../../scripts/package/debian.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { whyMissing } from "../support/why-missing.ts";

const run = promisify(execFile);
const skip =
  process.getuid?.() === 0
    ? await whyMissing("dpkg", "dpkg-deb", "systemd-sysusers")
    : "only root may install packages";

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-debian-"));
  t.after(() => removeFolder(folder));
  chmodSync(folder, 0o755);
  return folder;
}

/** A system that has nothing but a list of packages, which is empty. */
function emptySystem(t: TestContext) {
  const root = scratch(t);
  for (const folder of ["info", "updates"]) mkdirSync(join(root, "var/lib/dpkg", folder), { recursive: true });
  for (const file of ["status", "available"]) writeFileSync(join(root, "var/lib/dpkg", file), "");
  // The libraries that the packages depend on are those of the system that runs.
  const options = [`--root=${root}`, "--force-script-chrootless", "--force-depends", "--log=/dev/null"];
  return { root, dpkg: (...words: readonly string[]) => run("dpkg", [...options, ...words]) };
}

/** The files, folders and links below some folders that are not root's, or that others may change. */
function changeable(root: string, ...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((path) => {
      const found = lstatSync(join(root, folder, path));
      return found.uid !== 0 || (!found.isSymbolicLink() && (found.mode & 0o022) !== 0);
    }),
  );
}

test(
  "the packages are installed with their programs, units and user, and removed without what cannot be made again",
  { skip, timeout: 400_000 },
  async (t) => {
    const packages = await makeDebianPackages(scratch(t), process.execPath, 1);
    const { root, dpkg } = emptySystem(t);
    const at = (place: string) => join(root, place);

    await dpkg("--install", ...packages);

    assert.deepEqual(changeable(root, "usr", "opt", "etc"), []);
    assert.match(readFileSync(at("etc/passwd"), "utf8"), /^sluice:.*:\/var\/lib\/sluice:\/usr\/sbin\/nologin$/m);
    assert.equal((await run(at("usr/bin/sluice"), ["--version"])).stdout, `${version}\n`);
    const agent = await run(at("opt/codedeploy-agent/bin/codedeploy-agent"), ["--version"]);
    assert.equal(agent.stdout, `codedeploy-agent sluice_${version}\n`);
    for (const unit of ["sluice", "codedeploy-agent"]) {
      const [, start = ""] =
        /^ExecStart=(\S+)/m.exec(readFileSync(at(`usr/lib/systemd/system/${unit}.service`), "utf8")) ?? [];
      assert(existsSync(at(start)), start);
    }
    const told = run(at("usr/bin/sluice"), ["service", "status", "--root", root]);
    await assert.rejects(told, ({ stdout }: { stdout: string }) =>
      stdout.startsWith(
        "Installed as /usr/lib/systemd/system/sluice.service, which starts: /usr/bin/sluice $SLUICE_COMMAND\n",
      ),
    );
    assert.equal((await dpkg("--verify")).stdout, "");

    writeFileSync(at("etc/sluice/sluice.env"), "SLUICE_LOG=info\n");
    mkdirSync(at("var/lib/sluice"), { recursive: true });
    await dpkg("--remove", "sluice", "sluice-agent");
    assert(!existsSync(at("usr/bin/sluice")) && !existsSync(at("opt/codedeploy-agent/bin")));
    assert.equal(readFileSync(at("etc/sluice/sluice.env"), "utf8"), "SLUICE_LOG=info\n");

    const { stdout } = await dpkg("--purge", "sluice", "sluice-agent");
    assert.match(stdout, /still in \/var\/lib\/sluice/);
    assert(
      existsSync(at("var/lib/sluice")) && !existsSync(at("etc/sluice")) && !existsSync(at("opt/codedeploy-agent")),
    );
  },
);
