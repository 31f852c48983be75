import type { Readable } from "node:stream";

/** What a driver must know to make room for a task. */
export interface TaskOpening {
  /** 32 hexadecimal digits, as ECS has them. */
  readonly taskId: string;
  /** Within 172.31.0.0/16, chosen by ECS; `plain` tasks are reached on 127.0.0.1 instead. */
  readonly privateIp: string;
  readonly hostname: string;
  /** The names of its containers. */
  readonly containers: readonly string[];
}

/** What a driver must know to start a container of a task that is open. */
export interface ContainerStart {
  readonly taskId: string;
  readonly name: string;
  /** The image's folders, the lowest first. */
  readonly layers: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; made when the image has it not. */
  readonly workingDirectory: string;
  /** As images have it: a user or uid, a group or gid after a colon; empty for root. */
  readonly user: string;
  /** Whether nothing of the image may be changed. */
  readonly isReadOnly: boolean;
  /** Folders that the task's containers share, by the volume's name. */
  readonly mounts: readonly ContainerMount[];
  /** Absent: as much as there is. */
  readonly memoryBytesMax?: number | undefined;
}

/** Where a container sees a volume. */
export interface ContainerMount {
  readonly volume: string;
  readonly path: string;
  readonly isReadOnly: boolean;
}

/** How a container has ended. */
export interface ContainerEnd {
  /** 128 and the signal's number, when a signal has ended it. */
  readonly exitCode: number;
  /** Whether the system has ended it because it had no memory left. */
  readonly isOutOfMemory: boolean;
}

/** A task that has room, and its containers that have been started. */
export interface OpenTask {
  readonly taskId: string;
  readonly containers: readonly {
    readonly name: string;
    /** Absent while it runs. */
    readonly end?: ContainerEnd | undefined;
  }[];
}

/** One of a task's containers. */
export interface ContainerName {
  readonly taskId: string;
  readonly name: string;
}

/** A command that is run in a container that runs, and for how long at most. */
export interface ContainerCommand extends ContainerName {
  readonly command: readonly string[];
  readonly milliseconds: number;
}

/** Runs tasks: containers that share an address. What runs outlives a crash of the control plane as instances do. */
export interface TaskDriver {
  /** Makes room for a task; resolves when it has its address. One that has room is left alone. */
  open(task: TaskOpening): Promise<void>;
  /** Starts a container; resolves when its command runs. Rejects with what the system said when it cannot. */
  start(container: ContainerStart): Promise<void>;
  /** Resolves when a container that was started has ended. Rejects when nobody can tell any more. */
  ended(container: ContainerName): Promise<ContainerEnd>;
  /** Sends a signal to a container's first process; nothing when it has ended. */
  signal(container: ContainerName, signal: NodeJS.Signals): Promise<void>;
  /** Runs a command beside the container's own, as the same user and with the same environment. Without an exit code it took too long. */
  run(command: ContainerCommand): Promise<{ readonly exitCode?: number | undefined; readonly output: string }>;
  /** What a container writes, from where it was last read; it ends after the container. To be opened once. */
  output(container: ContainerName): Readable;
  /** Ends whatever runs of a task, and deletes its disks. */
  close(taskId: string): Promise<void>;
  /** The tasks that have room. */
  all(): Promise<readonly OpenTask[]>;
  /** Where a port of a task is reached from where the balancer is. */
  addressOf(
    task: Pick<TaskOpening, "taskId" | "privateIp">,
    port: number,
  ): { readonly host: string; readonly port: number };
}
