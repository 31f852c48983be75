import type { Report, ErrorInformation, Checkpoint, Effect } from "../../src/index.ts";
import { diagnosticsOf } from "../shell.ts";
import type { Network } from "./host.ts";

const second = 1000;
const minute = 60 * second;

/** Stands for the other services: it tries until it has an outcome, and may be asked for the same thing again. */
export class Gateway {
  readonly #network: Network;
  readonly #trouble: number;

  constructor(network: Network, trouble: number) {
    this.#network = network;
    this.#trouble = trouble;
  }

  /** Carries out what a command or a step asks for, and reports; never, now and then. */
  perform(commandId: string, effect: Effect): void {
    const { now, queue, random, deliver } = this.#network;
    const ends = random.chance(this.#trouble) ? random.pick(["fails", "never", "late"]) : "succeeds";
    const checkpoint = checkpointFor(effect);
    if (random.chance(0.3))
      queue.add(now() + random.integer(1, 10 * second), () =>
        deliver({ commandId, at: now(), kind: "progress", because: "it goes on", checkpoint }),
      );
    if (ends === "never") return;
    const takes = ends === "late" ? random.integer(50, 80) * minute : random.integer(1, 2 * minute);
    const copies = random.chance(0.1) ? 2 : 1; // a restart performs it again
    for (let copy = 0; copy < copies; copy += 1)
      queue.add(now() + takes * (copy + 1), () =>
        deliver({
          commandId,
          at: now(),
          kind: "completed",
          ...outcome(ends === "fails"),
          checkpoint,
        }),
      );
  }
}

const refused: ErrorInformation = { code: "IAM_ROLE_PERMISSIONS", message: "The role may not do this" };

function outcome(isFailure: boolean): Pick<Report & { kind: "completed" }, "status" | "diagnostics" | "error"> {
  return isFailure
    ? { status: "Failed", diagnostics: diagnosticsOf("UnknownError"), error: refused }
    : { status: "Succeeded" };
}

/** What the engine is to remember of a piece of work. */
export function checkpointFor(effect: Effect): Checkpoint | undefined {
  switch (effect.kind) {
    case "check load balancers":
      return { balancers: { unknown: [], idle: [], registered: 1, elsewhere: [] } };
    case "suspend processes":
      return { suspended: Object.fromEntries(effect.scalingGroups.map((group) => [group, effect.processes])) };
    case "copy Auto Scaling group":
      return { suspended: { [effect.to]: ["AddToLoadBalancer"] } };
    case "block traffic":
      return { registrations: [{ targetGroup: "arn:aws:elasticloadbalancing:blue", port: 8081 }] };
    default:
      return undefined;
  }
}
