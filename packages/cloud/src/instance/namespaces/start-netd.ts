import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { extname, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { UnpackAs } from "../../images/index.ts";
import { findProgram, programFile, programPath } from "../../programs.ts";
import { type CgroupFolder, enterCgroupFolder, makeCgroupFolder } from "./cgroup-folder.ts";

interface NetdOptions {
  readonly state: string;
  /** The agent's bundle. */
  readonly agentBundle: string;
  /** The certificate authority that instances are to trust, in PEM. */
  readonly authority: string;
  readonly aloneSeconds: number;
}

/** The sources of this package, which netd runs from. */
const code = resolve(import.meta.dirname, "../..");

/** The user that root becomes before it starts netd, so that root inside the instances is nobody outside. */
const outsideUser = { id: 500_000, count: 65_536 } as const;

interface Setting {
  readonly isRoot: boolean;
  /** What limits memory, where this machine lets us. */
  readonly cgroup?: CgroupFolder | undefined;
  /** Ranges of subordinate ids of an ordinary user, when he has any and the programs that map them. */
  readonly subordinate?: { readonly user: number; readonly group: number; readonly count: number } | undefined;
}

/** Starts netd in namespaces of its own; resolves when its control socket answers. Throws with the last lines of its output. */
export async function startNetd(options: NetdOptions): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  const subordinate = isRoot ? undefined : findSubordinateIds();
  const cgroup = makeCgroupFolder(options.state, isRoot ? outsideUser.id : undefined);
  const setting = { isRoot, subordinate, cgroup };
  mkdirSync(options.state, { recursive: true, mode: 0o700 });
  if (isRoot) chownSync(options.state, outsideUser.id, outsideUser.id);
  const logFile = join(options.state, "..", "netd.log");
  writeFileSync(logFile, "");
  const log = openSync(logFile, "a");
  const child = spawnOuter(options, setting, log);
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (exitCode, signal) => resolve(`it ended with ${exitCode ?? signal}`));
    child.once("error", (error) => resolve(error.message));
  });
  const why = await Promise.race([begin(child, setting), ended]).catch((error: unknown) => {
    child.kill("SIGKILL"); // it would wait for its users for ever, and this program for it
    throw error;
  });
  child.unref();
  if (why === undefined) writeFileSync(processFile(options.state), String(child.pid));
  if (why !== undefined) throw new Error(readFileSync(logFile, "utf8").trim().split("\n").slice(-4).join("; ") || why);
}

/** Returns the words before a command that make it run in the network of the netd of a state folder, as the same user and with the same files. */
export function enterNetwork(state: string): readonly string[] {
  const pid = readFileSync(processFile(state), "utf8");
  // An ordinary user may enter a network only as root of the user namespace that owns it.
  const user = process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"];
  return [programFile("nsenter"), `--target=${pid}`, ...user, "--net"];
}

/** Returns how to unpack files that users inside the namespaces of a netd are to own. Root gives them away as they are; another user is root only inside. */
export function asUsersInside(state: string): UnpackAs {
  if (process.getuid?.() === 0) return { words: [], owners: { first: outsideUser.id, count: outsideUser.count } };
  const pid = readFileSync(processFile(state), "utf8");
  return {
    words: [programFile("nsenter"), `--target=${pid}`, "--user", "--preserve-credentials"],
    owners: "namespace",
  };
}

/** Returns the file with the process id of the outer process, which shares all of netd's namespaces but that of processes. */
function processFile(state: string): string {
  return join(state, "..", "netd.pid");
}

function spawnOuter(
  { state, agentBundle, authority, aloneSeconds }: NetdOptions,
  setting: Setting,
  log: number,
): ChildProcess {
  const seen = setting.isRoot
    ? { state: "/mnt/state", code: "/mnt/code", node: "/mnt/node" }
    : { state, code, node: process.execPath };
  // The room shows only what is bound into it, so the bundle comes through the state folder.
  const agent = join(state, "codedeploy-agent.cjs");
  for (const [file, content] of [
    [agent, readFileSync(agentBundle)],
    [join(state, "authority.crt"), authority],
  ] as const) {
    writeFileSync(file, content);
    chmodSync(file, 0o644); // netd may be another user; the folder is what keeps others out
  }
  const unshare = [
    "unshare",
    "-U",
    "-n",
    "-m",
    "-p",
    "-f",
    "--kill-child=KILL",
    "sh",
    join(seen.code, "instance/namespaces/await-map.sh"),
    seen.node,
    join(seen.code, `instance/namespaces/netd/netd-main${extname(import.meta.filename)}`),
  ];
  const room = [
    "unshare",
    "-m",
    "--propagation",
    "private",
    "sh",
    join(code, "instance/namespaces/room.sh"),
    String(outsideUser.id),
    state,
    code,
    process.execPath,
    ...unshare,
  ];
  const [command = "", ...words] = setting.isRoot ? room : unshare;
  return spawn(command, words, {
    detached: true,
    cwd: "/",
    stdio: ["pipe", log, log, "pipe"],
    env: {
      PATH: programPath(),
      SLUICE_STATE: seen.state,
      SLUICE_CODE: seen.code,
      SLUICE_NODE: seen.node,
      SLUICE_MAP: setting.isRoot || setting.subordinate !== undefined ? "many" : "one",
      SLUICE_ALONE_SECONDS: String(aloneSeconds),
      SLUICE_AGENT: join(seen.state, "codedeploy-agent.cjs"),
      SLUICE_AUTHORITY: join(seen.state, "authority.crt"),
      SLUICE_CGROUP: setting.cgroup === undefined ? "" : `${setting.cgroup.version}:${setting.cgroup.folder}`,
    },
  });
}

async function begin(child: ChildProcess, setting: Setting): Promise<undefined> {
  const { pid } = child;
  if (pid === undefined) return new Promise(() => {}); // the error event reports it
  await mapUsers(pid, setting);
  if (setting.cgroup !== undefined) enterCgroupFolder(setting.cgroup, pid);
  child.stdin?.write("mapped\n");
  await new Promise((resolve) => (child.stdio[3] as Readable).once("data", resolve)); // opened as a pipe above
  child.stdin?.end();
  return undefined;
}

/** How long the outer process may take to enter its user namespace, in milliseconds. */
const namespaceMilliseconds = 5_000;

async function mapUsers(pid: number, { isRoot, subordinate }: Setting): Promise<void> {
  const own = readlinkSync("/proc/self/ns/user");
  for (let waited = 0; namespaceOf(pid) === own; waited += 1) {
    if (waited > namespaceMilliseconds) throw new Error("No user namespace was made");
    await pause(1);
  }
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  if (subordinate !== undefined) {
    const { user, group, count } = subordinate;
    execFileSync(programFile("newuidmap"), [pid, 0, uid, 1, 1, user, count].map(String));
    execFileSync(programFile("newgidmap"), [pid, 0, gid, 1, 1, group, count].map(String));
    return;
  }
  if (!isRoot) writeFileSync(`/proc/${pid}/setgroups`, "deny");
  writeFileSync(`/proc/${pid}/uid_map`, isRoot ? `0 ${outsideUser.id} ${outsideUser.count}\n` : `0 ${uid} 1\n`);
  writeFileSync(`/proc/${pid}/gid_map`, isRoot ? `0 ${outsideUser.id} ${outsideUser.count}\n` : `0 ${gid} 1\n`);
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    return undefined; // gone, or not ours to read yet: mapping is refused then, and the exit says why
  }
}

/** The ids that an ordinary user may map, without the one that root inside takes. */
const subordinateIdsMax = 65_535;

function findSubordinateIds(): Setting["subordinate"] {
  const names = [String(process.getuid?.()), ...accountName()];
  const range = (file: string) => {
    try {
      const line = readFileSync(file, "utf8")
        .split("\n")
        .map((text) => text.split(":"))
        .find(([name = ""]) => names.includes(name));
      return line === undefined ? undefined : { first: Number(line[1]), count: Number(line[2]) };
    } catch {
      return undefined; // no such file: no such ids
    }
  };
  const [users, groups] = [range("/etc/subuid"), range("/etc/subgid")];
  const hasPrograms = ["newuidmap", "newgidmap"].every((program) => findProgram(program) !== undefined);
  // Those programs serve nobody without an account, whatever is listed for his id.
  if (users === undefined || groups === undefined || !hasPrograms || accountName().length === 0) return undefined;
  return { user: users.first, group: groups.first, count: Math.min(users.count, groups.count, subordinateIdsMax) };
}

/** Returns the name of this user's account. In a container, a user may well have none. */
function accountName(): readonly string[] {
  try {
    return [userInfo().username];
  } catch {
    return [];
  }
}
