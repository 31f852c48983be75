// Messages between the server and the balancer. A configuration is always whole: the balancer keeps nothing
// that a restart could lose.

/** Everything that the balancer is to do. */
export interface BalancerConfiguration {
  readonly listeners: readonly Listener[];
  readonly groups: readonly TargetGroup[];
}

/** A port of one load balancer. Several load balancers may share an HTTP port. */
export interface Listener {
  readonly id: string;
  readonly port: number;
  readonly protocol: "HTTP" | "TCP";
  /** Where the protocol is spoken over TLS. */
  readonly tls?: Tls | undefined;
  /** In lower case. Tells apart the load balancers that share a port. */
  readonly hostname: string;
  /** In order of priority; the last one has no conditions. */
  readonly rules: readonly Rule[];
  readonly idleSeconds: number;
}

/** How TLS is terminated. */
export interface Tls {
  readonly versionMin: "TLSv1.2" | "TLSv1.3";
  /** In PEM. The first is served when SNI matches none. */
  readonly certificates: readonly { readonly cert: string; readonly key: string }[];
}

/** The action for requests that meet all conditions. */
export interface Rule {
  readonly conditions: readonly Condition[];
  readonly action: Action;
}

/** A condition is met by one of its values; `*` and `?` are wildcards. */
export type Condition =
  | { readonly field: "path" | "host" | "method" | "source-ip"; readonly values: readonly string[] }
  | { readonly field: "header"; readonly name: string; readonly values: readonly string[] }
  | {
      readonly field: "query";
      readonly values: readonly { readonly key?: string | undefined; readonly value: string }[];
    };

/** What a rule does. */
export type Action =
  | {
      readonly type: "forward";
      readonly groups: readonly { readonly group: string; readonly weight: number }[];
      /** How long a client sticks to the group that served it first. */
      readonly stickySeconds?: number | undefined;
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

/** Targets that stand in for each other. */
export interface TargetGroup {
  readonly id: string;
  readonly algorithm: "round_robin" | "least_outstanding_requests";
  /** How clients stick to a target: by the load balancer's cookie, by one that follows the application's, or by their address. */
  readonly sticky?:
    | undefined
    | { readonly by: "cookie"; readonly seconds: number }
    | { readonly by: "application-cookie"; readonly name: string; readonly seconds: number }
    | { readonly by: "source-ip" };
  readonly slowStartSeconds: number;
  /** Whether upgraded and TCP connections are cut when their target leaves the group. */
  readonly cutsConnections: boolean;
  /** Absent where targets are not checked. */
  readonly check?: Check | undefined;
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
  /** Unique within its group. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
  readonly checkPort: number;
  /** Whether it gets new requests. Those under way stay with it in any case. */
  readonly inRotation: boolean;
  readonly isChecked: boolean;
}

/** The result of one check of a target. */
export type ProbeResult =
  | { readonly passed: true }
  | {
      readonly passed: false;
      readonly reason: "Target.ResponseCodeMismatch" | "Target.Timeout" | "Target.FailedHealthChecks";
      readonly description: string;
    };

/** A message to the balancer. `open` and `connection` come with a socket. */
export type BalancerCommand =
  | { readonly kind: "open"; readonly port: number }
  | { readonly kind: "connection"; readonly port: number }
  | { readonly kind: "configure"; readonly number: number; readonly configuration: BalancerConfiguration };

/** A message from the balancer. */
export type BalancerEvent =
  | { readonly kind: "ready" }
  | { readonly kind: "configured"; readonly number: number }
  | { readonly kind: "probed"; readonly group: string; readonly target: string; readonly outcome: ProbeResult };
