import { Balancer } from "./balancer.ts";
import type { BalancerCommand, BalancerEvent } from "./control/configuration.ts";

// The entry point of the balancer's process. It runs where instances are reached, gets commands and listening sockets
// from the process that started it, and ends with that process.

const balancer = new Balancer(send);

function send(event: BalancerEvent): void {
  if (process.connected) process.send?.(event);
}

process.on("message", (command: BalancerCommand, handle: unknown) => balancer.execute(command, handle));
process.on("disconnect", () => process.exit(0));
send({ kind: "ready" });
