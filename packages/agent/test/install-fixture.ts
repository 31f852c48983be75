import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { parseAppSpec } from "@sluice/engine/appspec";
import { install, type Installation } from "../src/install/install.ts";

/** A host's worth of folders: the revision, the agent's instructions, and where applications go. */
export class InstallFixture {
  readonly folder = mkdtempSync(join(tmpdir(), "sluice-install-"));
  readonly archive = join(this.folder, "archive");
  readonly app = join(this.folder, "app");
  readonly instructions = join(this.folder, "deployment-instructions");
  readonly warned: string[] = [];

  constructor(t: TestContext) {
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    mkdirSync(this.archive);
  }

  /** A new revision with these files, each with its content. */
  revision(files: Readonly<Record<string, string>>): void {
    rmSync(this.archive, { recursive: true });
    for (const [name, content] of Object.entries(files)) write(join(this.archive, name), content);
  }

  /** Installs by an AppSpec file; APP stands for the application's folder. */
  async install(sections: string, fileExistsBehavior = "DISALLOW", more: Partial<Installation> = {}): Promise<void> {
    const text = `version: 0.0\nos: linux\n${sections}\n`.replaceAll("APP", this.app);
    const { appSpec, findings } = parseAppSpec(text, { file: "appspec.yml" });
    assert(appSpec, JSON.stringify(findings));
    await install({
      archive: this.archive,
      appSpec,
      instructionsFolder: this.instructions,
      deploymentGroupId: "group",
      fileExistsBehavior: appSpec.fileExistsBehavior ?? fileExistsBehavior,
      installRoot: undefined,
      log: () => {},
      warn: (line) => this.warned.push(line),
      ...more,
    });
  }

  /** A file of the application. */
  read(name: string): string {
    return readFileSync(join(this.app, name), "utf8");
  }

  /** What the agent has written down, with the fixture's own folder left out. */
  written(name: string): string {
    return readFileSync(join(this.instructions, name), "utf8").replaceAll(this.folder, "");
  }

  mode(name: string): string {
    return (statSync(join(this.app, name)).mode & 0o7777).toString(8);
  }
}

/** Writes a file, and makes its folders. */
export function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** An AppSpec file's section that installs the whole revision. */
export const everything = "files: [{source: /, destination: APP}]";
