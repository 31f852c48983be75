import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { firstProcessBelow } from "../namespaces/netd/namespaces.ts";
import { endGroup } from "../namespaces/netd/exec.ts";
import { containerWords, firstWords, tool } from "./container-words.ts";
import { containerTable } from "./container-table.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { ContainerEnd, ContainerStart } from "./task-driver.ts";

/** Where containers run. */
export interface ContainerCarrier {
  /** The folder of our shell scripts. */
  readonly scripts: string;
  /** What containers are begun with: `build-base.sh` has gathered it. */
  readonly tools: string;
  readonly map: string;
}

/** A container that has been started. */
export interface RunningContainer {
  readonly wanted: ContainerStart;
  readonly process: ChildProcess;
  /** Resolves when its command runs; rejects with why it cannot. */
  readonly started: Promise<void>;
  readonly ended: Promise<ContainerEnd>;
  /** Set once it has ended. */
  end?: ContainerEnd | undefined;
  /** Whether it has been sent SIGKILL. */
  isKilled: boolean;
}

/** The only variable of programs that make a container. */
const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/** Starts a container in the namespaces that a process keeps for its task. `output` is a descriptor for what it writes. */
export function startContainer(
  { scripts, tools, map }: ContainerCarrier,
  wanted: ContainerStart,
  { folder, keeper, output }: { readonly folder: string; readonly keeper: number; readonly output: number },
): RunningContainer {
  prepareFolders(folder, wanted, tools);
  const mounts = wanted.mounts.flatMap(({ volume, path, isReadOnly }) => {
    const source = join(folder, "..", "volumes", volume);
    mkdirSync(source, { recursive: true });
    return [source, path, isReadOnly ? "ro" : "rw"];
  });
  const begin = [wanted.isReadOnly ? "ro" : "rw", String(wanted.mounts.length), ...mounts];
  const become = [wanted.user, wanted.workingDirectory, map];
  const child = spawn(
    "nsenter",
    [
      ...["-t", String(keeper), "-U", "--preserve-credentials", "-n", "-u", "-i", "--"],
      ...["unshare", "-m", "-p", "-f", "--kill-child=KILL", "sh", join(scripts, "boot-container.sh")],
      ...[folder, ...begin, ...become],
    ],
    { env: { ...environment, CGROUP: "" }, cwd: "/", stdio: ["ignore", "ignore", "ignore", "pipe", "pipe", output] },
  );
  const ended = new Promise<ContainerEnd>((resolve) => {
    child.once("exit", (code, signal) => {
      // `unshare` cannot end by the signal that has ended its child when that is SIGKILL, and ends with 1.
      const exitCode = exitCodeOf(container.isKilled ? null : code, signal);
      container.end = { exitCode, isOutOfMemory: false };
      resolve(container.end);
    });
    child.once("error", () => resolve({ exitCode: 127, isOutOfMemory: false }));
  });
  const container: RunningContainer = { wanted, process: child, started: begun(child), ended, isKilled: false };
  container.started.catch(() => {}); // whoever starts it is told
  send(child, firstWords(wanted));
  return container;
}

/** Runs a command in a container that runs. */
export async function runInContainer(
  { wanted, process: carrier }: RunningContainer,
  { map }: Pick<ContainerCarrier, "map">,
  { command, milliseconds }: { readonly command: readonly string[]; readonly milliseconds: number },
): Promise<{ readonly exitCode?: number | undefined; readonly output: string }> {
  const child = enterContainer({ wanted, process: carrier }, { map }, command);
  let output = "";
  const read = (text: string) => {
    output = (output + text).slice(-outputMax);
  };
  for (const stream of [child.stdout, child.stderr]) (stream as Readable).setEncoding("utf8").on("data", read); // opened as pipes
  const late = setTimeout(() => endGroup(child), milliseconds);
  let isLate = false;
  late.unref();
  const exitCode = await new Promise<number>((resolve) => {
    child.once("close", (code, signal) => {
      isLate = signal === "SIGKILL";
      resolve(exitCodeOf(code, signal));
    });
    child.once("error", () => resolve(127));
  });
  clearTimeout(late);
  return { exitCode: isLate ? undefined : exitCode, output };
}

/** Characters of a command's output that are kept. */
const outputMax = 4096;

/** Spawns a command in a container, with pipes for its input and output. */
export function enterContainer(
  { wanted, process: carrier }: Pick<RunningContainer, "wanted" | "process">,
  { map }: Pick<ContainerCarrier, "map">,
  command: readonly string[],
): ChildProcess {
  const first = firstProcessBelow(carrier.pid);
  if (first === undefined) throw new Error(`Container ${wanted.name} does not run`);
  const child = spawn(
    "nsenter",
    [
      ...["-t", String(first), "-U", "--preserve-credentials", "-m", "-p", "-n", "-u", "-i", "-r", "--"],
      ...[...tool("sh"), "/.sluice/enter", wanted.user, wanted.workingDirectory, map],
    ],
    { env: environment, detached: true, stdio: ["pipe", "pipe", "pipe", "ignore", "pipe"] },
  );
  send(child, containerWords({ environment: wanted.environment, command }));
  return child;
}

/** Makes a container's folders and the table of what is mounted there. Its own layer brings the places for it, whatever the image has there. */
function prepareFolders(folder: string, { layers, environment: variables }: ContainerStart, tools: string): void {
  for (const name of ["root", "work", "upper/etc", "upper/proc", "upper/sys", "upper/dev", "upper/.sluice"])
    mkdirSync(join(folder, name), { recursive: true });
  layers.forEach((layer, index) => symlinkSync(layer, join(folder, String(index))));
  const hostname = variables["HOSTNAME"] ?? "localhost";
  writeFileSync(join(folder, "upper/etc/hostname"), `${hostname}\n`);
  writeFileSync(join(folder, "upper/etc/hosts"), `127.0.0.1 localhost\n127.0.0.1 ${hostname}\n`);
  writeFileSync(join(folder, "upper/etc/resolv.conf"), "nameserver 169.254.169.253\n");
  writeFileSync(join(folder, "table"), containerTable({ folder, layers: layers.length, tools }));
}

/** Resolves when a container says that its command runs. */
async function begun(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    if (line === "started") return;
    said.push(line);
  }
  // What follows on the first trouble follows from it.
  throw new Error(said[0] ?? "it ended before its command ran");
}

function send(child: ChildProcess, words: string): void {
  const input = child.stdio[4] as Writable; // opened as a pipe
  input.on("error", () => {}); // it has ended before it read them: its end tells why
  input.end(words);
}

/** Keeps what a container writes open for whoever reads it later. */
export const openOutput = (folder: string): number => openSync(join(folder, "output"), "r+");
