import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { packAgent } from "../pack.ts";
import { atMost, type Figure } from "./figure.ts";
import { openHouse } from "./house.ts";

/** How long the agent idles before it is measured, in milliseconds. */
const idleMilliseconds = 5_000;

/** What an agent that waits for commands takes of the memory. */
export async function agentMemory(): Promise<readonly Figure[]> {
  const house = await openHouse("--no-example");
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const configuration = join(folder, "agent.yml");
  writeFileSync(
    configuration,
    `log_dir: ${folder}/log\npid_dir: ${folder}/pid\nroot_dir: ${folder}/root\nwait_between_runs: 1\ndeploy_control_endpoint: ${house.url}\n`,
  );
  const agent = spawn(process.execPath, [await packAgent(), "--config_file", configuration, "run"], {
    stdio: "inherit",
    env: {
      PATH: process.env.PATH,
      AWS_REGION: "us-east-1",
      AWS_HOST_IDENTIFIER: "arn:aws:ec2:us-east-1:123456789012:instance/i-00000000000000000",
      AWS_ACCESS_KEY: house.credentials.accessKeyId,
      AWS_SECRET_KEY: house.credentials.secretAccessKey,
    },
  });
  await pause(idleMilliseconds);
  const rollup = readFileSync(`/proc/${agent.pid}/smaps_rollup`, "utf8");
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]) / 1024;
  agent.kill("SIGTERM");
  await house.close();
  rmSync(folder, { recursive: true, force: true });
  return [
    atMost("private", megabytes("Private_Clean") + megabytes("Private_Dirty"), 15, "MB"),
    atMost("resident", megabytes("Rss"), 50, "MB"),
  ];
}
