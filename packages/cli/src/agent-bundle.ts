import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isClone } from "./environment.ts";

/** What makes the bundle in a clone. */
const maker = fileURLToPath(new URL("../../../scripts/pack.ts", import.meta.url));

const file = fileURLToPath(new URL("../../agent/dist/codedeploy-agent.cjs", import.meta.url));

/** Returns the path of the agent as one file, as instances get it; it is packed again when its sources have changed. */
export function agentBundle(): string {
  if (isClone && !isFresh()) execFileSync(process.execPath, [maker], { stdio: ["ignore", "ignore", 2] });
  if (existsSync(file)) return file;
  throw new Error(
    `Cannot find the agent's bundle "${file}". ${isClone ? "Make it with: npm run build:agent" : "Install Sluice again"}`,
  );
}

/** Whether nothing that went into the bundle has changed since. */
function isFresh(): boolean {
  try {
    const inputs = JSON.parse(readFileSync(`${file}.inputs.json`, "utf8")) as readonly string[]; // written by scripts/pack.ts
    const made = statSync(file).mtimeMs;
    return inputs.every((input) => statSync(join(dirname(file), input)).mtimeMs <= made);
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return false; // never made, or of a source that is gone
    throw error;
  }
}
