import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { firstProcessBelow } from "../namespaces/netd/namespaces.ts";
import { endGroup } from "../namespaces/netd/exec.ts";
import { containerWords, firstWords, tool } from "./container-words.ts";
import type { ContainerCgroups } from "./container-cgroups.ts";
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
  readonly cgroups: ContainerCgroups;
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
}

/** The only variable of programs that make a container. */
const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };

/** Starts a container in the namespaces that a process keeps for its task. `output` is a descriptor for what it writes. */
export function startContainer(
  carrier: ContainerCarrier,
  wanted: ContainerStart,
  { folder, keeper, output }: { readonly folder: string; readonly keeper: number; readonly output: number },
): RunningContainer {
  prepareFolders(folder, wanted, carrier.tools);
  const cgroup = carrier.cgroups.make(`${wanted.taskId}-${wanted.name}`, wanted.memoryBytesMax);
  const inTask = ["nsenter", "-t", String(keeper), "-U", "--preserve-credentials", "-n", "-u", "-i", "--"];
  // The shell's child is the first process of its own namespace; the shell tells how that ends, by a signal as well.
  const isolated = ["unshare", "-m", "-p", "sh", "-c", '"$@"; exit $?', "sh"];
  const boot = ["sh", join(carrier.scripts, "boot-container.sh"), folder, ...beginningOf(wanted, carrier.map)];
  const [program = "", ...words] = [...inTask, ...isolated, ...boot];
  const child = spawn(program, words, {
    env: { ...environment, CGROUP: cgroup ?? "" },
    cwd: "/",
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe", output],
  });
  const ended = ending(child).then((exitCode) => {
    container.end = { exitCode, isOutOfMemory: cgroup !== undefined && carrier.cgroups.ranOut(cgroup) };
    if (cgroup !== undefined) carrier.cgroups.remove(cgroup);
    return container.end;
  });
  const container: RunningContainer = { wanted, process: child, started: begun(child), ended };
  container.started.catch(() => {}); // whoever starts it is told
  send(child, firstWords(wanted));
  return container;
}

/** What `begin` and `enter` want, in their order. */
function beginningOf({ mounts, isReadOnly, user, workingDirectory }: ContainerStart, map: string) {
  const places = mounts.map(({ path }) => path);
  return [isReadOnly ? "ro" : "rw", String(mounts.length), ...places, user, workingDirectory, map];
}

function ending(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(exitCodeOf(code, signal)));
    child.once("error", () => resolve(exitCodeOf(127, null)));
  });
}

/** Ends a container with all that it has started, however far it is. */
export function killContainer({ process: carrier }: RunningContainer): void {
  const first = firstProcessBelow(carrier.pid);
  if (first !== undefined) process.kill(first, "SIGKILL");
  endGroup(carrier);
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
function prepareFolders(folder: string, wanted: ContainerStart, tools: string): void {
  const { layers, environment: variables, mounts } = wanted;
  for (const name of ["root", "work", "upper/etc", "upper/proc", "upper/sys", "upper/dev", "upper/.sluice"])
    mkdirSync(join(folder, name), { recursive: true });
  layers.forEach((layer, index) => symlinkSync(layer, join(folder, String(index))));
  const hostname = variables["HOSTNAME"] ?? "localhost";
  writeFileSync(join(folder, "upper/etc/hostname"), `${hostname}\n`);
  writeFileSync(join(folder, "upper/etc/hosts"), `127.0.0.1 localhost\n127.0.0.1 ${hostname}\n`);
  writeFileSync(join(folder, "upper/etc/resolv.conf"), "nameserver 169.254.169.253\n");
  const volumes = mounts.map(({ volume, isReadOnly }, index) => {
    const source = join(folder, "..", "volumes", volume);
    for (const place of [source, join(folder, "volumes", String(index))]) mkdirSync(place, { recursive: true });
    return { source, isReadOnly };
  });
  writeFileSync(join(folder, "table"), containerTable({ folder, layers: layers.length, volumes, tools }));
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
