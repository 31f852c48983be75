import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The agent as one file, as instances get it. Throws with the command that makes it when it has not been made. */
export function agentBundle(): string {
  const source = createRequire(import.meta.url).resolve("@sluice/agent");
  const file = join(dirname(source), "..", "dist", "codedeploy-agent.cjs");
  if (existsSync(file)) return file;
  throw new Error(`Cannot find the agent's bundle "${file}". Make it with: npm run build:agent`);
}
