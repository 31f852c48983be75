import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { exitCodeOf } from "../task/exit-code.ts";
import type {
  ContainerCommand,
  ContainerEnd,
  ContainerName,
  ContainerStart,
  OpenTask,
  TaskDriver,
  TaskOpening,
} from "../task/task-driver.ts";
import { freePort } from "./instance-folder.ts";
import { endProcesses, mark } from "./processes.ts";

interface PlainContainer {
  readonly root: string;
  readonly wanted: ContainerStart;
  readonly process: ChildProcess;
  readonly output: PassThrough;
  readonly ended: Promise<ContainerEnd>;
  end?: ContainerEnd | undefined;
}

interface PlainTask {
  /** For the application: `PORT` in its environment. */
  readonly port: number;
  readonly containers: Map<string, PlainContainer>;
}

/**
 * Tasks as ordinary processes of this user. A container's command works in a copy of its image's files; its programs are looked
 * for there first, and on this machine then; `PORT` tells it its port. Nothing isolates it, and no other user than this one's runs it.
 */
export class PlainTasks implements TaskDriver {
  readonly #folder: string;
  readonly #tasks = new Map<string, PlainTask>();

  constructor(dataFolder: string) {
    this.#folder = plainTasksFolderOf(dataFolder);
  }

  async open({ taskId }: TaskOpening): Promise<void> {
    if (this.#tasks.has(taskId)) return;
    mkdirSync(join(this.#folder, taskId), { recursive: true });
    this.#tasks.set(taskId, { port: await freePort(), containers: new Map() });
  }

  async start(wanted: ContainerStart): Promise<void> {
    const { taskId, name, layers, mounts } = wanted;
    const { containers, port } = this.#task(taskId);
    if (containers.has(name)) return;
    if (mounts.length > 0)
      throw new Error("volumes cannot be shown to ordinary processes. Use isolated instances (--driver ns)");
    const root = join(this.#folder, taskId, name);
    mkdirSync(root, { recursive: true });
    for (const layer of layers) cpSync(layer, root, { recursive: true, verbatimSymlinks: true });
    const child = this.#spawn({ root, wanted, port }, wanted.command);
    const output = new PassThrough();
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(output, { end: false });
    const ended = ending(child).then((exitCode) => {
      output.end();
      kept.end = { exitCode, isOutOfMemory: false };
      return kept.end;
    });
    const kept: PlainContainer = { root, wanted, process: child, output, ended };
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", ({ message }) => reject(new Error(message)));
    });
    containers.set(name, kept);
  }

  ended(container: ContainerName): Promise<ContainerEnd> {
    return this.#container(container).ended;
  }

  async signal(container: ContainerName, signal: NodeJS.Signals): Promise<void> {
    this.#container(container).process.kill(signal);
  }

  async run({ command, milliseconds, ...container }: ContainerCommand): ReturnType<TaskDriver["run"]> {
    const { root, wanted } = this.#container(container);
    const child = this.#spawn({ root, wanted, port: this.#task(container.taskId).port }, command);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
    const late = setTimeout(() => child.kill("SIGKILL"), milliseconds);
    const exitCode = await ending(child);
    clearTimeout(late);
    return { exitCode: child.signalCode === "SIGKILL" ? undefined : exitCode, output };
  }

  output(container: ContainerName): Readable {
    return this.#container(container).output;
  }

  async close(taskId: string): Promise<void> {
    const folder = join(this.#folder, taskId);
    await endProcesses(folder);
    this.#tasks.delete(taskId);
    rmSync(folder, { recursive: true, force: true });
  }

  async all(): Promise<readonly OpenTask[]> {
    return [...this.#tasks].map(([taskId, { containers }]) => ({
      taskId,
      containers: [...containers].map(([name, { end }]) => ({ name, end })),
    }));
  }

  /** Whatever port is asked for, a task has the one that it has been told. */
  addressOf({ taskId }: Pick<TaskOpening, "taskId">, port: number): { host: string; port: number } {
    return { host: "127.0.0.1", port: this.#tasks.get(taskId)?.port ?? port };
  }

  /** Ends all tasks, those of an earlier life as well: nobody can tell any more how those end. */
  async closeAll(): Promise<void> {
    for (const taskId of plainTaskIds(this.#folder)) await this.close(taskId);
  }

  #spawn(
    { root, wanted, port }: Pick<PlainContainer, "root" | "wanted"> & { readonly port: number },
    [program = "", ...words]: readonly string[],
  ): ChildProcess {
    const cwd = join(root, wanted.workingDirectory);
    mkdirSync(cwd, { recursive: true });
    const { PATH = "", ...others } = wanted.environment;
    const folders = PATH.split(delimiter).map((folder) => join(root, folder));
    const own = program.startsWith("/") && existsSync(join(root, program)) ? join(root, program) : program;
    return spawn(own, words, {
      detached: true,
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...others,
        PATH: [...folders, process.env["PATH"] ?? ""].join(delimiter),
        PORT: String(port),
        [mark]: join(this.#folder, wanted.taskId),
      },
    });
  }

  #task(taskId: string): PlainTask {
    const found = this.#tasks.get(taskId);
    if (found === undefined) throw new Error(`Task ${taskId} does not run`);
    return found;
  }

  #container({ taskId, name }: ContainerName): PlainContainer {
    const found = this.#task(taskId).containers.get(name);
    if (found === undefined) throw new Error(`Container ${name} of task ${taskId} does not run`);
    return found;
  }
}

/** Returns the folder of all plain tasks. */
export const plainTasksFolderOf = (dataFolder: string): string => join(dataFolder, "cloud", "plain-tasks");

/** The tasks that have a folder. */
export const plainTaskIds = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Resolves with the exit code of a program whose output has been read to its end. */
function ending(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve(exitCodeOf(code, signal)));
    child.once("error", () => resolve(exitCodeOf(127, null)));
  });
}
