import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The folders of system programs, which may be missing in an ordinary user's PATH. `sluice` looks there nevertheless. */
const systemFolders = "/usr/sbin:/sbin";

/** The first `aws` CLIs that know AWS_ENDPOINT_URL, by their major version. */
const awsMinorMin: Readonly<Record<string, number>> = { 1: 29, 2: 13 };

/** Why a test that needs these commands cannot run on this machine; false when it can. For `skip`. */
export async function whyMissing(...commands: readonly string[]): Promise<string | false> {
  const reasons = await Promise.all(commands.map(whyNot));
  return reasons.filter((reason) => reason !== false).join(", ") || false;
}

async function whyNot(command: string): Promise<string | false> {
  const look = `PATH="$PATH:${systemFolders}" command -v ${command}`;
  const isThere = await run("sh", ["-c", look]).then(
    () => true,
    () => false,
  );
  if (!isThere) return `${command} is not on this machine`;
  return command === "aws" ? whyTooOld() : false;
}

async function whyTooOld(): Promise<string | false> {
  const { stdout } = await run("aws", ["--version"]);
  const [, major = "", minor] = /^aws-cli\/(\d+)\.(\d+)/.exec(stdout) ?? [];
  if (Number(minor) >= (awsMinorMin[major] ?? 0)) return false;
  return `aws is too old, it does not know AWS_ENDPOINT_URL: ${stdout.trim()}`;
}
