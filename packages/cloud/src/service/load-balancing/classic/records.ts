import type { Tag } from "@aws-sdk/client-elastic-load-balancing";
import type { Health } from "../../../balancer/index.ts";

/** A classic load balancer as it is stored, its instances with it. */
export interface ClassicRecord {
  readonly name: string;
  readonly dnsName: string;
  readonly scheme: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly zones: readonly string[];
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly listeners: readonly ClassicListener[];
  readonly check: ClassicCheck;
  readonly drainSeconds: number;
  readonly isDraining: boolean;
  readonly idleSeconds: number;
  readonly isCrossZone: boolean;
  readonly tags: readonly Tag[];
  readonly instances: readonly ClassicInstance[];
}

/** A listener of a classic load balancer: it has no rules. */
export interface ClassicListener {
  readonly protocol: "HTTP" | "TCP";
  readonly port: number;
  readonly instancePort: number;
}

/** How instances are checked. `target` is as AWS writes it: `HTTP:8080/path` or `TCP:8080`. */
interface ClassicCheck {
  readonly target: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

/** A registered instance. */
export interface ClassicInstance {
  readonly id: string;
  readonly health: Health;
  /** While it is deregistered: until when it stays, in milliseconds since the epoch. */
  readonly drainsUntil?: number | undefined;
}
