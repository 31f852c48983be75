import type { RequestListener } from "node:http";

/** What a driver must know to start an instance. */
export interface Launch {
  readonly instanceId: string;
  /** Within 172.31.0.0/16, chosen by EC2; `plain` instances are reached on 127.0.0.1 instead. */
  readonly privateIp: string;
  readonly hostname: string;
  /** Run once, as root, at the first boot; undefined when the instance has been booted before. */
  readonly userData?: Uint8Array;
}

/** Runs instances: isolated process trees (`ns`) or ordinary processes (`plain`). Every call is idempotent. */
export interface InstanceDriver {
  readonly name: "ns" | "plain";
  /** Resolves when the instance has booted: its init runs, network and metadata answer, the agent has been started. An instance that runs already is left alone. */
  launch(launch: Launch): Promise<void>;
  /** Ends every process of the instance; its disk stays. */
  stop(instanceId: string): Promise<void>;
  /** Ends every process of the instance and deletes its disk. */
  terminate(instanceId: string): Promise<void>;
  /** Instances that run now: after a crash of the control plane, those that outlived it. */
  running(): Promise<readonly string[]>;
  /** Tells the driver where the control plane answers: opens the endpoint and the metadata service inside the instances' network. Called once, before any launch. */
  connect(outside: Outside): Promise<void>;
  /** Ends all instances and what carries them; disks stay. */
  close(): Promise<void>;
}

/** What instances reach outside themselves. */
export interface Outside {
  /** The front door, served to instances at http://172.31.0.1:PORT. */
  readonly listener: RequestListener;
  readonly port: number;
  /** The metadata service of one instance; the request's path and headers are the instance's own. */
  readonly metadata: (instanceId: string) => RequestListener;
}
