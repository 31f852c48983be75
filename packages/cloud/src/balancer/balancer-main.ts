import { Balancer } from "./balancer.ts";
import type { Order, Report } from "./control/configuration.ts";

// The entry point of the balancer's process. It runs where instances are reached, takes its orders and its listening
// sockets from the process that has started it, and ends with it.

const balancer = new Balancer(send);

function send(report: Report): void {
  if (process.connected) process.send?.(report);
}

process.on("message", (order: Order, handle: unknown) => balancer.obey(order, handle));
process.on("disconnect", () => process.exit(0));
send({ kind: "ready" });
