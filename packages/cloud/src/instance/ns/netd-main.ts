import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stateFolders } from "./folders.ts";

// The entry point of netd: builds the base layer when there is none, or what it is made of has changed, and begins.

const {
  SLUICE_STATE: state = "",
  SLUICE_CODE: code = "",
  SLUICE_AGENT: agent = "",
  SLUICE_MAP: map = "one",
  SLUICE_NODE: node = "",
} = process.env;
const { base } = stateFolders(state);
const image = join(code, "instance/image");
const script = join(code, "instance/ns/build-base.sh");

const digest = createHash("sha256").update(map);
for (const file of [
  agent,
  script,
  ...globSync(`${image}/**/*`, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted(),
])
  digest.update(readFileSync(file));
const stamp = digest.digest("hex");
const stampFile = join(state, "base.stamp");
if (!existsSync(base) || !existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  execFileSync("sh", [script], {
    env: { ...process.env, BASE: base, IMAGE: image, MAP: map, AGENT: agent, NODE: node },
    stdio: ["ignore", "inherit", "inherit"],
  });
  writeFileSync(stampFile, stamp);
}
await import("./netd.ts");
