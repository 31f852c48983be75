import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const example = resolve(import.meta.dirname, "../../examples/hello");

/** Scripts of a version of the example, by event, in the place of the example's own. */
export type Scripts = Readonly<Partial<Record<string, string>>>;

const ownScripts = { ApplicationStop: "stop.sh", ApplicationStart: "start.sh", ValidateService: "validate.sh" };

/** Writes a version of the example into a new folder, and returns that. */
export function exampleRevision(parent: string, version: string, scripts: Scripts): string {
  const folder = mkdtempSync(join(parent, "revision-"));
  cpSync(example, folder, { recursive: true });
  writeFileSync(join(folder, "app/VERSION"), version);
  for (const [event, script = ""] of Object.entries(scripts))
    writeFileSync(join(folder, "scripts", `${event}.sh`), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  const locations = {
    ...ownScripts,
    ...Object.fromEntries(Object.keys(scripts).map((event) => [event, `${event}.sh`])),
  };
  const hooks = Object.entries(locations).map(
    ([event, name]) => `  ${event}:\n    - location: scripts/${name}\n      timeout: 60\n`,
  );
  const files = "files:\n  - source: app\n    destination: /opt/hello\n";
  writeFileSync(join(folder, "appspec.yml"), `version: 0.0\nos: linux\n${files}hooks:\n${hooks.join("")}`);
  return folder;
}
