import type { RequestListener } from "node:http";
import type { HttpsOptions } from "@sluice/aws-protocol";
import type { ConsoleSettings } from "./console/open-console.ts";
import type { ControlPlaneOptions } from "./control-plane.ts";
import type { Identities } from "./identity/identities.ts";
import type { LogLevel } from "./log.ts";
import type { RetentionDays } from "./retention/retention.ts";

export interface NodeOptions extends Omit<ControlPlaneOptions, "identities" | "services" | "authority"> {
  readonly dataFolder: string;
  /** The URL of the database that all nodes share. */
  readonly database: string;
  /** The file with the house's key, the same at all nodes. */
  readonly keyFile: string;
  /** Where other nodes reach this one, as URL; undefined: where it listens. */
  readonly advertise?: string | undefined;
  /** The network between the nodes is theirs alone: they may talk over plain HTTP beyond this machine. */
  readonly insecureNodes?: boolean | undefined;
  /** How many events of the event log are kept; undefined: half a million. */
  readonly eventsMax?: number | undefined;
  /** How many bytes of what scripts have printed are kept; undefined: 256 MiB. */
  readonly scriptLogBytesMax?: number | undefined;
  /** For how many days things are kept; absent, for ever. */
  readonly keep?: RetentionDays | undefined;
  /** 0 takes any free port. */
  readonly port: number;
  readonly hostname: string;
  /** Makes further secrets of a new house in the data folder. */
  readonly makeSecrets?: (() => void) | undefined;
  /** The certificate of the port, from the authority that is among the house's secrets. */
  readonly certificate: () => (HttpsOptions & { readonly authority: string | undefined }) | undefined;
  readonly logLevel: LogLevel;
  readonly version: string;
  /** Names by which this server may be called without a signature, besides this machine's own and AWS's. */
  readonly hostNames?: readonly string[] | undefined;
  readonly console?: ConsoleSettings | undefined;
  /** Serves what is no AWS request, while this node writes. */
  readonly fallback?: ((identities: Identities) => RequestListener) | undefined;
}
