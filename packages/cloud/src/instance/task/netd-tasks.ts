import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { StateFolders } from "../namespaces/folders.ts";
import { awaitMap, firstProcessBelow, type Links, mapUsers } from "../namespaces/netd/namespaces.ts";
import {
  type ContainerCarrier,
  enterContainer,
  killContainer,
  openOutput,
  runInContainer,
  type RunningContainer,
  startContainer,
} from "./netd-container.ts";
import type {
  ContainerCommand,
  ContainerEnd,
  ContainerName,
  ContainerStart,
  OpenTask,
  TaskOpening,
} from "./task-driver.ts";

interface Task {
  readonly address: string;
  /** Keeps the namespaces that its containers share. */
  readonly keeper: ChildProcess;
  readonly open: Promise<void>;
  readonly containers: Map<string, RunningContainer>;
  /** Its containers' outputs: as long as one is open here, what was written waits for a reader. */
  readonly outputs: Map<string, number>;
}

/** What tasks are made of. */
interface TaskCarrier extends ContainerCarrier {
  readonly folders: StateFolders;
}

/** The tasks that have room in this namespace. */
export class Tasks {
  readonly #carrier: TaskCarrier;
  readonly #links: Links;
  readonly #tasks = new Map<string, Task>();

  constructor(carrier: TaskCarrier, links: Links) {
    this.#carrier = carrier;
    this.#links = links;
    rmSync(carrier.folders.tasks, { recursive: true, force: true }); // tasks of an earlier life have ended with it
  }

  /** Makes room for a task; resolves when it has its address. */
  open(opening: TaskOpening): Promise<void> {
    const found = this.#tasks.get(opening.taskId);
    if (found !== undefined) return found.open;
    const task = this.#keep(opening);
    this.#tasks.set(opening.taskId, task);
    return task.open;
  }

  /** Starts a container; resolves when its command runs. Its layers are named from the state folder. */
  async start(given: ContainerStart): Promise<void> {
    const wanted = { ...given, layers: given.layers.map((layer) => join(this.#carrier.folders.state, layer)) };
    const { keeper, containers, outputs } = this.#task(wanted.taskId);
    const found = containers.get(wanted.name);
    if (found !== undefined) return found.started;
    const folder = join(this.#folder(wanted.taskId), checked(wanted.name));
    const output = outputs.get(wanted.name) ?? openOutput(folder);
    outputs.set(wanted.name, output);
    const container = startContainer(this.#carrier, wanted, { folder, keeper: keeper.pid ?? 0, output });
    containers.set(wanted.name, container);
    await container.started;
  }

  /** Resolves when a container has ended. From then on its output ends where it is. */
  async ended(name: ContainerName): Promise<ContainerEnd> {
    const end = await this.#container(name).ended;
    const { outputs } = this.#task(name.taskId);
    const output = outputs.get(name.name);
    if (output !== undefined) closeSync(output);
    outputs.delete(name.name);
    return end;
  }

  signal(name: ContainerName, signal: NodeJS.Signals): void {
    const first = firstProcessBelow(this.#container(name).process.pid);
    if (first !== undefined) process.kill(first, signal);
  }

  run({ command, milliseconds, ...name }: ContainerCommand): ReturnType<typeof runInContainer> {
    return runInContainer(this.#container(name), this.#carrier, { command, milliseconds });
  }

  /** Spawns a command in a container, connected by pipes. It is named by its task's id and, after a slash, its own name; a task's first one needs no name. Undefined when there is no such task. */
  enter(named: string, command: readonly string[]): ChildProcess | undefined {
    const [taskId = "", name] = named.split("/");
    const task = this.#tasks.get(taskId);
    if (task === undefined) return undefined;
    const first = [...task.containers.keys()][0] ?? "";
    return enterContainer(this.#container({ taskId, name: name ?? first }), this.#carrier, command);
  }

  /** Ends all that runs of a task, and deletes its folder. */
  async close(taskId: string): Promise<void> {
    const task = this.#tasks.get(taskId);
    if (task !== undefined) {
      for (const container of task.containers.values()) killContainer(container);
      await Promise.all([...task.containers.values()].map(({ ended }) => ended));
      await ending(task.keeper);
      for (const output of task.outputs.values()) closeSync(output);
      this.#tasks.delete(taskId);
    }
    rmSync(this.#folder(taskId), { recursive: true, force: true });
  }

  all(): readonly OpenTask[] {
    return [...this.#tasks].map(([taskId, { containers }]) => ({
      taskId,
      containers: [...containers].map(([name, { end }]) => ({ name, end })),
    }));
  }

  /** Returns the task with an address, or undefined when there is none. */
  at(address: string): string | undefined {
    return [...this.#tasks].find(([, task]) => task.address === address)?.[0];
  }

  #task(taskId: string): Task {
    const found = this.#tasks.get(taskId);
    if (found === undefined) throw new Error(`Task ${taskId} does not run`);
    return found;
  }

  #container({ taskId, name }: ContainerName): RunningContainer {
    const found = this.#task(taskId).containers.get(name);
    if (found === undefined) throw new Error(`Container ${name} of task ${taskId} does not run`);
    return found;
  }

  #folder(taskId: string): string {
    // Ids come over the control socket and become folders that are deleted.
    if (!/^[0-9a-f]{32}$/.test(taskId)) throw new Error(`"${taskId}" is no id of a task`);
    return join(this.#carrier.folders.tasks, taskId);
  }

  #keep({ taskId, privateIp, hostname, containers }: TaskOpening): Task {
    const folder = this.#folder(taskId);
    for (const name of containers) mkdirSync(join(folder, checked(name)), { recursive: true });
    const script = join(this.#carrier.scripts, "boot-task.sh");
    const keeper = spawn("unshare", ["-U", "-n", "-u", "-i", "sh", "-c", awaitMap, "sh", "sh", script, ...containers], {
      stdio: ["pipe", "ignore", "inherit", "pipe"],
      env: {
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        TASK: folder,
        HOST_NAME: hostname,
        ADDRESS: privateIp,
        GATEWAY: "172.31.0.1",
      },
    });
    const open = this.#boot(keeper, privateIp);
    open.catch(() => {}); // whoever opens it is told
    return { address: privateIp, keeper, open, containers: new Map(), outputs: new Map() };
  }

  async #boot(keeper: ChildProcess, address: string): Promise<void> {
    const [input, progress] = [keeper.stdin as Writable, keeper.stdio[3] as Readable]; // opened as pipes above
    for await (const line of createInterface({ input: progress })) {
      if (line === "booted") return;
      if (line !== "ready") continue;
      mapUsers(keeper.pid ?? 0);
      input.write("mapped\n");
      await this.#links.connect(address, keeper.pid ?? 0);
      input.write("network\n");
    }
    throw new Error("The network of a task could not be made; see netd.log");
  }
}

/** Container names become folders. ECS allows letters, digits, underscores and hyphens. */
function checked(name: string): string {
  if (!/^[\w-]{1,255}$/.test(name)) throw new Error(`"${name}" is no name of a container`);
  return name;
}

function ending(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    process.once("exit", () => resolve());
    process.kill("SIGKILL");
  });
}
