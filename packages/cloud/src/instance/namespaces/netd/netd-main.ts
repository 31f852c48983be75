import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateFolders } from "../folders.ts";

// The entry point of netd: builds the base layer when there is none, or what it is made of has changed, and begins.

const {
  SLUICE_STATE: state = "",
  SLUICE_CODE: code = "",
  SLUICE_AGENT: agent = "",
  SLUICE_AUTHORITY: authority = "",
  SLUICE_MAP: map = "one",
} = process.env;
const { base } = stateFolders(state);
const image = join(code, "instance/image");
const agentPackage = join(code, "instance/agent-package");
const script = join(code, "instance/namespaces/netd/build-base.sh");
const tools = join(code, "instance/task/tools");

const digest = createHash("sha256").update(map);
for (const file of [
  agent,
  authority,
  script,
  ...globSync([`${image}/**/*`, `${agentPackage}/*`, `${tools}/*`], { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted(),
])
  digest.update(readFileSync(file));
const stamp = digest.digest("hex");
const stampFile = join(state, "base.stamp");
if (!existsSync(base) || !existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  execFileSync("sh", [script], {
    env: {
      ...process.env,
      BASE: base,
      IMAGE: image,
      MAP: map,
      PACKAGE: agentPackage,
      TOOLS: tools,
      AGENT: agent,
      AUTHORITY: authority,
    },
    stdio: ["ignore", "inherit", "inherit"],
  });
  writeFileSync(stampFile, stamp);
}
await import("./netd.ts");
