// What the control side tells the balancer, and what it hears back. A configuration is always whole: the balancer has no
// memory that a restart could lose.

/** Everything that the balancer does. */
export interface Configuration {
  readonly listeners: readonly Listener[];
  readonly groups: readonly Group[];
}

/** A port of one load balancer. Several load balancers may share an HTTP port. */
export interface Listener {
  readonly id: string;
  readonly port: number;
  readonly protocol: "HTTP" | "TCP";
  /** Where clients speak it over TLS. */
  readonly tls?: Tls;
  /** By which load balancers on one port are told apart; in lower case. */
  readonly hostname: string;
  /** In order of priority; the last one has no conditions. */
  readonly rules: readonly Rule[];
  readonly idleSeconds: number;
}

/** How TLS is spoken. */
export interface Tls {
  readonly versionMin: "TLSv1.2" | "TLSv1.3";
  /** In PEM. Who asks for a name that none of them has gets the first. */
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
}

/** What happens to requests that meet all conditions. */
export interface Rule {
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

/** A condition is met by one of its values; `*` and `?` are wildcards. */
export type Condition =
  | { readonly field: "path" | "host" | "method" | "source-ip"; readonly values: readonly string[] }
  | { readonly field: "header"; readonly name: string; readonly values: readonly string[] }
  | { readonly field: "query"; readonly values: readonly { readonly key?: string; readonly value: string }[] };

/** What a rule does. */
export type Action =
  | {
      readonly type: "forward";
      readonly groups: readonly { readonly group: string; readonly weight: number }[];
      /** How long a client stays with the group that it was given first. */
      readonly stickySeconds?: number;
    }
  | { readonly type: "fixed-response"; readonly status: number; readonly contentType: string; readonly body: string }
  | {
      readonly type: "redirect";
      readonly status: number;
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    };

/** Targets that answer for each other. */
export interface Group {
  readonly id: string;
  readonly algorithm: "round_robin" | "least_outstanding_requests";
  /** Clients stay with a target: by a cookie of ours for so long, by one that follows a cookie of the application, or by their address. */
  readonly sticky?:
    | { readonly by: "cookie"; readonly seconds: number }
    | { readonly by: "application-cookie"; readonly name: string; readonly seconds: number }
    | { readonly by: "source-ip" };
  readonly slowStartSeconds: number;
  /** Whether connections that change over to something else, or are no HTTP, are cut when their target is gone. */
  readonly cutsConnections: boolean;
  /** Absent where nothing is checked. */
  readonly check?: Check;
  readonly targets: readonly Target[];
}

/** How targets are checked. */
export interface Check {
  readonly protocol: "HTTP" | "TCP";
  readonly path: string;
  /** As AWS writes it: `200,202` or `200-299`. */
  readonly matcher: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
}

/** One target. */
export interface Target {
  /** Within its group. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly checkPort: number;
  /** Whether it gets new requests. One that does not keeps those that it has. */
  readonly inRotation: boolean;
  readonly isChecked: boolean;
}

/** How a check of a target ended. */
export type ProbeOutcome =
  | { readonly passed: true }
  | {
      readonly passed: false;
      readonly reason: "Target.ResponseCodeMismatch" | "Target.Timeout" | "Target.FailedHealthChecks";
      readonly description: string;
    };

/** What is sent to the balancer. A socket comes with `open` and `connection`. */
export type Order =
  | { readonly kind: "open"; readonly port: number }
  | { readonly kind: "connection"; readonly port: number }
  | { readonly kind: "configure"; readonly number: number; readonly configuration: Configuration };

/** What the balancer sends. */
export type Report =
  | { readonly kind: "ready" }
  | { readonly kind: "configured"; readonly number: number }
  | { readonly kind: "probed"; readonly group: string; readonly target: string; readonly outcome: ProbeOutcome };
