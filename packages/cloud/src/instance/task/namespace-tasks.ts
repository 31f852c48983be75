import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { isAbsolute, join, relative } from "node:path";
import type { Readable } from "node:stream";
import type { ControlClient } from "../namespaces/control-client.ts";
import { stateFolders } from "../namespaces/folders.ts";
import type {
  ContainerCommand,
  ContainerEnd,
  ContainerName,
  ContainerStart,
  OpenTask,
  TaskDriver,
  TaskOpening,
} from "./task-driver.ts";

/** Tasks in namespaces of their own, below the process that carries instances. */
export class NamespaceTasks implements TaskDriver {
  readonly #state: string;
  readonly #control: ControlClient;

  constructor(state: string, control: ControlClient) {
    this.#state = state;
    this.#control = control;
  }

  async open(task: TaskOpening): Promise<void> {
    await this.#control.ask({ op: "open-task", ...task });
  }

  async start(container: ContainerStart): Promise<void> {
    const layers = container.layers.map((layer) => this.#withinState(layer));
    await this.#control.ask({ op: "start-container", ...container, layers });
  }

  async ended(container: ContainerName): Promise<ContainerEnd> {
    const { end } = await this.#control.ask({ op: "await-container", ...container });
    if (end === undefined) throw new Error(`Nobody knows how ${container.name} has ended`);
    return end;
  }

  async signal(container: ContainerName, signal: NodeJS.Signals): Promise<void> {
    await this.#control.ask({ op: "signal-container", ...container, signal });
  }

  async run(command: ContainerCommand): ReturnType<TaskDriver["run"]> {
    return (await this.#control.ask({ op: "run-in-container", ...command })).ran ?? { output: "" };
  }

  output({ taskId, name }: ContainerName): Readable {
    const file = join(stateFolders(this.#state).tasks, taskId, name, "output");
    // Its writers are always there before its reader, and hold it open.
    return new Socket({
      fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK),
      readable: true,
      writable: false,
    });
  }

  async close(taskId: string): Promise<void> {
    await this.#control.ask({ op: "close-task", taskId });
  }

  async all(): Promise<readonly OpenTask[]> {
    return (await this.#control.ask({ op: "tasks" })).tasks ?? [];
  }

  addressOf({ privateIp }: Pick<TaskOpening, "privateIp">, port: number): { host: string; port: number } {
    return { host: privateIp, port };
  }

  /** A folder as netd is to find it: it may see the state folder under another name, and nothing else of the data folder. */
  #withinState(folder: string): string {
    const path = relative(this.#state, folder);
    if (path.startsWith("..") || isAbsolute(path))
      throw new Error(`The image's folder "${folder}" is not below "${this.#state}", where containers can see it`);
    return path;
  }
}
