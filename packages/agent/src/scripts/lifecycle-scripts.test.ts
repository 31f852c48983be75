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
class Fixture {
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
function between(t: TestContext): Fixture {
  const fixture = new Fixture(t);
  fixture.unpacked("last");
  fixture.unpacked("recent");
  fixture.points("last_successful_install", "last");
  fixture.points("most_recent_install", "recent");
  return fixture;
}

const rollback = { DeploymentCreator: "codeDeployRollback", DeploymentType: "BLUE_GREEN" };

test("events before the bundle is there take the scripts of the last successful revision", (t) => {
  const fixture = between(t);

  for (const event of ["BeforeBlockTraffic", "AfterBlockTraffic", "ApplicationStop"])
    assert.equal(fixture.source(event), "last.sh", event);
});

test("the rollback of a blue/green deployment exchanges the roles of the two revisions", (t) => {
  const fixture = between(t);

  const at = (event: string) => fixture.source(event, rollback);

  assert.deepEqual([at("BeforeBlockTraffic"), at("AfterBlockTraffic")], ["recent.sh", "recent.sh"]);
  assert.equal(at("ApplicationStop"), "last.sh");
  assert.deepEqual([at("BeforeAllowTraffic"), at("AfterAllowTraffic")], ["last.sh", "last.sh"]);
  assert.equal(fixture.source("BeforeBlockTraffic", { ...rollback, DeploymentType: "IN_PLACE" }), "last.sh");
  assert.equal(fixture.source("BeforeBlockTraffic", { ...rollback, DeploymentCreator: "user" }), "last.sh");
});

test("a deployment that has been unpacked brings its own scripts to every event", (t) => {
  const fixture = between(t);
  fixture.unpacked("current");

  const own = Object.fromEntries(events.map((event) => [event, "current.sh"]));
  assert.deepEqual(fixture.sources(), own);
  assert.deepEqual(fixture.sources(rollback), own);
});

test("without an earlier revision the events before the bundle have nothing to run", (t) => {
  const fixture = new Fixture(t);

  assert.equal(fixture.source("ApplicationStop"), undefined);
  assert.equal(fixture.source("BeforeBlockTraffic", rollback), undefined);
});

test("an earlier revision that is gone is an error that names where it was", (t) => {
  const fixture = new Fixture(t);
  fixture.points("last_successful_install", "last");
  rmSync(join(fixture.root, "group/last"), { recursive: true });

  const archive = archiveOf(join(fixture.root, "group/last"));
  assert.throws(() => fixture.source("ApplicationStop"), {
    message:
      'The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path "appspec.yml". ' +
      `The revision was unpacked to directory "${archive}", and the AppSpec file was expected but not found at path "${archive}/appspec.yml". ` +
      "Consult the AWS CodeDeploy Appspec documentation for more information at http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html",
  });
});

test("each revision's file is found by its own name, whatever the deployment calls it", (t) => {
  const fixture = new Fixture(t);
  fixture.unpacked("last", { file: "appspec.yaml" });
  fixture.points("last_successful_install", "last");

  assert.equal(fixture.source("ApplicationStop"), "last.sh");
  assert.equal(fixture.source("ApplicationStop", { AppSpecFilename: "other.yml" }), "last.sh");
  fixture.unpacked("current", { file: "other.yml" });
  assert.equal(fixture.source("AfterInstall", { AppSpecFilename: "other.yml" }), "current.sh");
});

test("a file that is changed between two events is read again, though nothing but a letter changes", (t) => {
  const fixture = new Fixture(t);
  const text = (script: string) => `version: 0.0\nos: linux\nhooks: {AfterInstall: [{location: ${script}}]}\n`;
  fixture.unpacked("current", { text: text("a.sh") });
  assert.deepEqual([fixture.source("AfterInstall"), fixture.source("AfterInstall")], ["a.sh", "a.sh"]);

  fixture.unpacked("current", { text: text("b.sh") });

  assert.equal(fixture.source("AfterInstall"), "b.sh");
});

test("what is wrong with a file is said with its name, the line and what was expected", (t) => {
  const fixture = new Fixture(t);
  fixture.unpacked("current", { text: "version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n\t- location: a.sh\n" });

  assert.throws(() => fixture.source("AfterInstall"), {
    message:
      "The deployment failed because of a YAML parsing error: Tabs are not allowed as indentation (appspec.yml line 5, column 1). Indent with spaces: YAML allows no tabs there",
  });
});

test("a file outside of the revision, or of gigabytes, is not read", (t) => {
  const fixture = new Fixture(t);
  fixture.unpacked("current", { file: "x" });
  const { archive } = openDeploymentFolders(fixture.root, fixture.specification());
  const outside = join(fixture.root, "group/outside.yml");
  writeFileSync(outside, "version: 0.0\nos: linux\n");
  symlinkSync(outside, join(archive, "appspec.yml"));

  assert.throws(() => readAppSpec(archive, "appspec.yml"), {
    message: 'Cannot read the AppSpec file "appspec.yml": it is outside of the revision',
  });
  writeFileSync(join(fixture.root, "group/secret.yml"), "version: 0.0\nos: linux\n");
  assert.throws(() => readAppSpec(archive, "../../secret.yml"), {
    message: 'Cannot read the AppSpec file "../../secret.yml": it is outside of the revision',
  });
  rmSync(join(archive, "appspec.yml"));
  writeFileSync(join(archive, "appspec.yml"), Buffer.alloc(3 * 1024 * 1024, "#"));
  assert.throws(() => readAppSpec(archive, "appspec.yml"), /the file has \d+ bytes, and at most 1048576 are read/);
});

test("a folder or a pipe in the place of the file is named as such", (t) => {
  const fixture = new Fixture(t);
  fixture.unpacked("current", { file: "x" });
  const { archive } = openDeploymentFolders(fixture.root, fixture.specification());
  mkdirSync(join(archive, "appspec.yml"));
  assert.throws(() => readAppSpec(archive, "appspec.yml"), {
    message: 'Cannot read the AppSpec file "appspec.yml": it is a folder, and a file was expected',
  });

  rmSync(join(archive, "appspec.yml"), { recursive: true });
  execFileSync("mkfifo", [join(archive, "appspec.yml")]);
  assert.throws(() => readAppSpec(archive, "appspec.yml"), /it is no regular file, and a file was expected/);
});
