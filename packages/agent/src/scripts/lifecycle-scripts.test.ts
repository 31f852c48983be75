import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { archiveOf, openDeploymentFolders, type Pointer, writePointer } from "../deployment/deployment-folders.ts";
import { specificationOf } from "../protocol/specification.ts";
import { lifecycleScripts, readAppSpec } from "./lifecycle-scripts.ts";

const events = [
  "BeforeBlockTraffic",
  "AfterBlockTraffic",
  "ApplicationStop",
  "BeforeInstall",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
] as const;

/** A host on which three deployments of one group may have been. */
class Ground {
  readonly root = mkdtempSync(join(tmpdir(), "sluice-hooks-"));

  constructor(t: TestContext) {
    t.after(() => rmSync(this.root, { recursive: true, force: true }));
  }

  specification(deployment = "current", more: object = {}) {
    return specificationOf({
      DeploymentId: deployment,
      DeploymentGroupId: "group",
      DeploymentGroupName: "Prod",
      ApplicationName: "App",
      Revision: { RevisionType: "Local Directory", LocalRevision: { Location: "/x", BundleType: "directory" } },
      ...more,
    });
  }

  /** Unpacks a deployment whose scripts are named for it. */
  unpacked(deployment: string, { file = "appspec.yml", text }: { file?: string; text?: string } = {}): void {
    const { archive } = openDeploymentFolders(this.root, this.specification(deployment));
    mkdirSync(archive, { recursive: true });
    const hooks = events.map((event) => `  ${event}: [{location: ${deployment}.sh}]\n`).join("");
    writeFileSync(join(archive, file), text ?? `version: 0.0\nos: linux\nhooks:\n${hooks}`);
  }

  points(pointer: Pointer, deployment: string): void {
    const folders = openDeploymentFolders(this.root, this.specification(deployment));
    writePointer(folders.instructions, "group", { pointer, deployment: folders.deployment });
  }

  /** Whose scripts an event runs. */
  source(event: string, more: object = {}): string | undefined {
    const specification = this.specification("current", more);
    const { scripts } = lifecycleScripts(event, specification, openDeploymentFolders(this.root, specification));
    return scripts[0]?.location;
  }

  sources(more: object = {}): Readonly<Record<string, string | undefined>> {
    return Object.fromEntries(events.map((event) => [event, this.source(event, more)]));
  }
}

/** A host on which `last` was installed, `recent` downloaded, and nothing of the current deployment yet. */
function between(t: TestContext): Ground {
  const ground = new Ground(t);
  ground.unpacked("last");
  ground.unpacked("recent");
  ground.points("last_successful_install", "last");
  ground.points("most_recent_install", "recent");
  return ground;
}

const rollback = { DeploymentCreator: "codeDeployRollback", DeploymentType: "BLUE_GREEN" };

test("events before the bundle is there take the scripts of the last successful revision", (t) => {
  const ground = between(t);

  for (const event of ["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"])
    assert.equal(ground.source(event), "last.sh", event);
});

test("the rollback of a blue/green deployment exchanges the roles of the two revisions", (t) => {
  const ground = between(t);

  const at = (event: string) => ground.source(event, rollback);

  assert.deepEqual([at("BeforeBlockTraffic"), at("AfterBlockTraffic")], ["recent.sh", "recent.sh"]);
  assert.equal(at("ApplicationStop"), "last.sh");
  assert.deepEqual([at("BeforeAllowTraffic"), at("AfterAllowTraffic")], ["last.sh", "last.sh"]);
  assert.equal(ground.source("BeforeBlockTraffic", { ...rollback, DeploymentType: "IN_PLACE" }), "last.sh");
  assert.equal(ground.source("BeforeBlockTraffic", { ...rollback, DeploymentCreator: "user" }), "last.sh");
});

test("a deployment that has been unpacked brings its own scripts to every event", (t) => {
  const ground = between(t);
  ground.unpacked("current");

  const own = Object.fromEntries(events.map((event) => [event, "current.sh"]));
  assert.deepEqual(ground.sources(), own);
  assert.deepEqual(ground.sources(rollback), own);
});

test("without an earlier revision the events before the bundle have nothing to run", (t) => {
  const ground = new Ground(t);

  assert.equal(ground.source("ApplicationStop"), undefined);
  assert.equal(ground.source("BeforeBlockTraffic", rollback), undefined);
});

test("an earlier revision that is gone is an error that names where it was", (t) => {
  const ground = new Ground(t);
  ground.points("last_successful_install", "last");
  rmSync(join(ground.root, "group/last"), { recursive: true });

  const archive = archiveOf(join(ground.root, "group/last"));
  assert.throws(() => ground.source("ApplicationStop"), {
    message:
      'The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path "appspec.yml". ' +
      `The revision was unpacked to directory "${archive}", and the AppSpec file was expected but not found at path "${archive}/appspec.yml". ` +
      "Consult the AWS CodeDeploy Appspec documentation for more information at http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html",
  });
});

test("each revision's file is found by its own name, whatever the deployment calls it", (t) => {
  const ground = new Ground(t);
  ground.unpacked("last", { file: "appspec.yaml" });
  ground.points("last_successful_install", "last");

  assert.equal(ground.source("ApplicationStop"), "last.sh");
  assert.equal(ground.source("ApplicationStop", { AppSpecFilename: "other.yml" }), "last.sh");
  ground.unpacked("current", { file: "other.yml" });
  assert.equal(ground.source("AfterInstall", { AppSpecFilename: "other.yml" }), "current.sh");
});

test("a file that is changed between two events is read again, though nothing but a letter changes", (t) => {
  const ground = new Ground(t);
  const text = (script: string) => `version: 0.0\nos: linux\nhooks: {AfterInstall: [{location: ${script}}]}\n`;
  ground.unpacked("current", { text: text("a.sh") });
  assert.deepEqual([ground.source("AfterInstall"), ground.source("AfterInstall")], ["a.sh", "a.sh"]);

  ground.unpacked("current", { text: text("b.sh") });

  assert.equal(ground.source("AfterInstall"), "b.sh");
});

test("what is wrong with a file is said with its name, the line and what was expected", (t) => {
  const ground = new Ground(t);
  ground.unpacked("current", { text: "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n\t- location: a.sh\n" });

  assert.throws(() => ground.source("AfterInstall"), {
    message:
      "The deployment failed because of a YAML parsing error: Tabs are not allowed as indentation (appspec.yml line 5, column 1). Indent with spaces: YAML allows no tabs there",
  });
});

test("a file outside of the revision, or of gigabytes, is not read", (t) => {
  const ground = new Ground(t);
  ground.unpacked("current", { file: "x" });
  const { archive } = openDeploymentFolders(ground.root, ground.specification());
  symlinkSync("/etc/hostname", join(archive, "appspec.yml"));

  assert.throws(() => readAppSpec(archive, "appspec.yml"), {
    message: 'Cannot read the AppSpec file "appspec.yml": it is outside of the revision',
  });
  writeFileSync(join(ground.root, "group/secret.yml"), "version: 0.0\nos: linux\n");
  assert.throws(() => readAppSpec(archive, "../../secret.yml"), {
    message: 'Cannot read the AppSpec file "../../secret.yml": it is outside of the revision',
  });
  rmSync(join(archive, "appspec.yml"));
  writeFileSync(join(archive, "appspec.yml"), Buffer.alloc(3 * 1024 * 1024, "#"));
  assert.throws(() => readAppSpec(archive, "appspec.yml"), /the file has \d+ bytes, and at most 1048576 are read/);
});

test("a folder or a pipe in the place of the file is named as such", (t) => {
  const ground = new Ground(t);
  ground.unpacked("current", { file: "x" });
  const { archive } = openDeploymentFolders(ground.root, ground.specification());
  mkdirSync(join(archive, "appspec.yml"));
  assert.throws(() => readAppSpec(archive, "appspec.yml"), {
    message: 'Cannot read the AppSpec file "appspec.yml": it is a folder, and a file was expected',
  });

  rmSync(join(archive, "appspec.yml"), { recursive: true });
  execFileSync("mkfifo", [join(archive, "appspec.yml")]);
  assert.throws(() => readAppSpec(archive, "appspec.yml"), /it is no regular file, and a file was expected/);
});
