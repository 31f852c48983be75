// Sluice as a person installs it: from the tarball, with nothing of the repository in reach, as an ordinary user.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { firstDeployment, InstalledHome } from "../support/installed-home.ts";

/** The folders with a Node of this machine: those of the system's, older, and of the one that the tests run by. */
const folders = (process.env["PATH"] ?? "").split(delimiter);
const older = folders.find((folder) => {
  try {
    const found = execFileSync(join(folder, "node"), ["-p", "process.versions.node"], { encoding: "utf8" });
    return Number(found.split(".")[0]) < 24;
  } catch {
    return false; // none there
  }
});
const limits = { timeout: 400_000 };

test(
  "installed from the tarball on Node 20, it makes the first deployment by the Node that comes along",
  { ...limits, skip: older === undefined && "no Node before 24 is on this machine" },
  async (t) => {
    const home = new InstalledHome(t, { node: older ?? "" });

    const asked = await home.install(t);

    assert(asked.length > 0 && asked.every((name) => /^node-(bin-)?(linux|darwin)-/.test(name)), asked.join(", "));
    await firstDeployment(home);
  },
);

test("installed from the tarball on the newest Node, it needs no other", limits, async (t) => {
  const home = new InstalledHome(t, { node: dirname(process.execPath) });

  await home.install(t, "--omit=optional");

  await firstDeployment(home);
});
