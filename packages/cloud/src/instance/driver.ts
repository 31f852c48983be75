import type { RequestListener } from "node:http";
import type { UnpackAs } from "../images/index.ts";
import type { TaskDriver } from "./task/task-driver.ts";

/** What a driver needs to know to start an instance. */
export interface Launch {
  readonly instanceId: string;
  /** Within 172.31.0.0/16, chosen by EC2; `plain` instances are reached on 127.0.0.1 instead. */
  readonly privateIp: string;
  readonly hostname: string;
  /** Whether its image has the agent; without it, user data may install one. */
  readonly hasAgent: boolean;
  /** Run once, as root, at the first boot. */
  readonly userData?: Uint8Array | undefined;
}

/** Runs instances: isolated process trees (`ns`) or ordinary processes (`plain`). Every call is idempotent. */
export interface InstanceDriver {
  readonly name: "ns" | "plain";
  /** Runs the tasks of ECS by the same means. */
  readonly tasks: TaskDriver;
  /** Resolves when the instance has booted: its init runs, network and metadata answer, the agent has been started. An instance that runs already is left alone. */
  launch(launch: Launch): Promise<void>;
  /** Ends every process of the instance; its disk stays. */
  stop(instanceId: string): Promise<void>;
  /** Ends every process of the instance and deletes its disk. */
  terminate(instanceId: string): Promise<void>;
  /** The instances that run now: after a crash of the control plane, those that outlived it. */
  running(): Promise<readonly string[]>;
  /** Tells the driver where the control plane answers: opens the endpoint and the metadata service inside the instances' network. Called once, before any launch. */
  connect(outside: Outside): Promise<void>;
  /** The address at which instances and tasks reach the control plane. */
  readonly endpointAddress: string;
  /** As whom files are unpacked that the users inside are to own. */
  unpackAs(): UnpackAs;
  /** Words before a command that make it run where instances are reached by their addresses. */
  enter(): readonly string[];
  /** Where a port of an instance is reached from there. */
  addressOf(
    instance: Pick<Launch, "instanceId" | "privateIp">,
    port: number,
  ): { readonly host: string; readonly port: number };
  /** The end of what the instance has written to its console, user data's output with it. */
  consoleOutput(instanceId: string): Promise<Buffer>;
  /** Ends all instances and their carrier; disks stay. */
  close(): Promise<void>;
}

/** Bytes of console output that are shown: EC2's own limit. */
export const consoleBytesMax = 64 * 1024;

/** Troubles that real instances meet now and then, made on purpose. */
export interface Chaos {
  /** How many of the first calls of yum on an instance find the package lock taken. */
  readonly packageLocks: number;
}

/** What instances reach outside themselves. */
export interface Outside {
  /** The front door, served to instances at http://172.31.0.1:PORT. */
  readonly listener: RequestListener;
  readonly port: number;
  /** The SHA-256, in hex, of the public key that the control plane signs specifications with: agents obey no other. */
  readonly signerSha256: string;
  /** The metadata service of one instance; the request's path and headers are the instance's own. */
  readonly metadata: (instanceId: string) => RequestListener;
  /** The metadata of one task. */
  readonly taskMetadata: (taskId: string) => RequestListener;
}
