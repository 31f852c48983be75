import type { AccessKeys } from "@sluice/aws-protocol";
import { type Clients, openClients } from "../../gateways/clients.ts";
import type { Answer, Cloud, CloudAction, Permitted } from "../contract.ts";
import { ConsoleProblem } from "../http/problem.ts";
import type { Viewer } from "../rights/viewer.ts";
import { readParts } from "./parts.ts";

/** For how many keys clients are kept: they hold connections. */
const clientsMax = 8;

export interface CloudContext {
  readonly keys: AccessKeys;
  readonly region: string;
  /** Where the services are; undefined when they are AWS's. */
  readonly endpoint: () => string | undefined;
}

/** The local cloud as its own services show it to a session's principal. */
export class ConsoleCloud {
  readonly #context: CloudContext;
  /** By key; the one that was used longest ago is first. */
  readonly #clients = new Map<string, Clients>();

  /** What was there when `changed` was asked last. */
  readonly #seen = new WeakMap<Clients, ReadonlyMap<string, string>>();

  constructor(context: CloudContext) {
    this.#context = context;
  }

  /** `GET /console/api/cloud`. */
  async read(viewer: Viewer): Promise<Omit<Cloud, "cursor" | "now">> {
    const clients = await this.clientsOf(viewer);
    if (clients === undefined) return { where: "aws", ...nothing, can: {} };
    return { where: "local", ...(await readParts(clients)), can: await cloudCan(viewer) };
  }

  /** The names of the parts that have changed since this was asked last for the same key; the first time, none. */
  async changed(viewer: Viewer): Promise<readonly string[]> {
    const clients = await this.clientsOf(viewer);
    if (clients === undefined) return [];
    const parts = new Map(Object.entries(await readParts(clients)).map(([name, part]) => [name, JSON.stringify(part)]));
    const before = this.#seen.get(clients);
    this.#seen.set(clients, parts);
    return before === undefined ? [] : [...parts.keys()].filter((name) => parts.get(name) !== before.get(name));
  }

  /** Clients that sign with the session's own key; undefined when the services are AWS's. */
  async clientsOf({ session: { accessKeyId } }: Viewer): Promise<Clients | undefined> {
    const { keys, region, endpoint } = this.#context;
    const at = endpoint();
    if (at === undefined) return undefined;
    const key = await keys.find(accessKeyId);
    if (key === undefined) throw new ConsoleProblem(401, "NoSession", "The session's key has ended");
    const { secretAccessKey, sessionToken } = key;
    const known = this.#clients.get(accessKeyId);
    const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    const clients = known ?? openClients(() => ({ region, endpoint: at, credentials, maxAttempts: 1 }));
    this.#clients.delete(accessKeyId);
    this.#clients.set(accessKeyId, clients);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > clientsMax && oldest !== undefined) {
      void this.#clients.get(oldest)?.close();
      this.#clients.delete(oldest);
    }
    return clients;
  }

  /** Closes the clients' connections. */
  close(): void {
    for (const clients of this.#clients.values()) void clients.close();
    this.#clients.clear();
  }
}

const nothing: Omit<Cloud, keyof Answer | "where"> = {
  instances: [],
  loadBalancers: [],
  targetGroups: [],
  scalingGroups: [],
  functions: [],
  services: [],
  alarms: [],
  buckets: [],
  topics: [],
  roles: [],
};

/** The operations of actions. Of which things a policy speaks is seen when one of them is asked for. */
const operations: Readonly<Record<CloudAction, `${string}:${string}`>> = {
  "start-instance": "ec2:StartInstances",
  "stop-instance": "ec2:StopInstances",
  "terminate-instance": "ec2:TerminateInstances",
  "set-alarm": "cloudwatch:SetAlarmState",
  "set-desired": "autoscaling:SetDesiredCapacity",
  "complete-hook": "autoscaling:CompleteLifecycleAction",
  "protect-instance": "autoscaling:SetInstanceProtection",
  "drain-target": "elasticloadbalancing:DeregisterTargets",
};

async function cloudCan(viewer: Viewer): Promise<Partial<Record<CloudAction, Permitted>>> {
  const judged = await Promise.all(
    Object.entries(operations).map(async ([action, operation]) => [action, await viewer.may(operation)] as const),
  );
  return Object.fromEntries(judged);
}
