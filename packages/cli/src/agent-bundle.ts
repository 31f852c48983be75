import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What makes the bundle, where this runs from the repository. */
const maker = fileURLToPath(new URL("../../../scripts/pack.ts", import.meta.url));

/** Returns the path of the agent as one file, as instances get it; it is packed again when its sources have changed. */
export function agentBundle(): string {
  const source = createRequire(import.meta.url).resolve("@sluice/agent");
  const file = join(dirname(source), "..", "dist", "codedeploy-agent.cjs");
  if (existsSync(maker) && !isFresh(file)) execFileSync(process.execPath, [maker], { stdio: ["ignore", "ignore", 2] });
  if (existsSync(file)) return file;
  throw new Error(`Cannot find the agent's bundle "${file}". Make it with: npm run build:agent`);
}

/** Whether nothing that went into a bundle has changed since. */
function isFresh(file: string): boolean {
  try {
    const inputs = JSON.parse(readFileSync(`${file}.inputs.json`, "utf8")) as readonly string[]; // written by scripts/pack.ts
    const made = statSync(file).mtimeMs;
    return inputs.every((input) => statSync(join(dirname(file), input)).mtimeMs <= made);
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return false; // never made, or of a source that is gone
    throw error;
  }
}
