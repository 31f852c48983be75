import type { RequestListener } from "node:http";
import type { Logger } from "pino";
import { auditLogOn } from "./audit/audit-log.ts";
import { openConsole } from "./console/open-console.ts";
import { type ControlPlane, openControlPlane } from "./control-plane.ts";
import type { BeforeCalls } from "./gateways/clients.ts";
import { administratorKey } from "./identity/administrator.ts";
import { type Identities, identitiesOn } from "./identity/identities.ts";
import { keyStoreOn } from "./identity/key-store.ts";
import { within } from "./listening.ts";
import type { NodeOptions } from "./node-options.ts";
import type { House } from "./nodes/house.ts";
import type { Here } from "./nodes/shared-services.ts";
import { Retention } from "./retention/retention.ts";
import type { Signer } from "./specification/signer.ts";
import type { Database } from "./store/database.ts";
import type { ScriptLogs } from "./store/script-logs.ts";
import { type Store, storeOn } from "./store/index.ts";

/** What all that acts on a node's database stands on. */
export interface ActingParts {
  readonly options: NodeOptions;
  readonly house: House;
  readonly signer: Signer;
  /** What scripts have printed while this node wrote: that stays on it. */
  readonly scriptLogs: ScriptLogs;
  readonly log: Logger;
  readonly onDefect: (error: unknown, about: string) => void;
  /** Where this node is reached, once it listens. */
  readonly own: { readonly url: string };
  /** The authority of the port's certificate, in PEM. */
  readonly authority: string | undefined;
}

/** Everything that acts on a database, made anew with each role of a node. */
export interface Acting {
  readonly store: Store;
  readonly controlPlane: ControlPlane;
  readonly identities: Identities;
}

/**
 * How long rounds in progress may take to end when a term ends, in milliseconds: calls that take longer are made again
 * by the next writer.
 */
const stopMilliseconds = 2_500;

/** Opens everything on a database. It acts by itself only once it is started. */
export function openActing(database: Database, parts: ActingParts, beforeCalls?: BeforeCalls): Acting {
  const { options, house, signer, scriptLogs, log, onDefect, own, authority } = parts;
  const { dataFolder, accountId, clock, eventsMax } = options;
  const identities = identitiesOn({
    administrator: administratorKey(dataFolder),
    keys: keyStoreOn(database, house.vault),
    audit: auditLogOn(database, house.vault.derivedKey("audit log")),
    ...{ accountId, clock },
  });
  const store = storeOn(database, { eventsMax, onDefect });
  const controlPlane = openControlPlane(
    { ...options, identities, services: [], authority },
    { store, scriptLogs, signer, log, onDefect, own, beforeCalls },
  );
  return { store, controlPlane, identities };
}

/** What acts while its node writes. */
export interface Active {
  /** Serves what is no AWS request. */
  readonly fallback: RequestListener;
  /** Resolves when what is under way has ended, or has taken too long. */
  stop(): Promise<void>;
}

/** Starts what acts by itself, and opens the console's endpoints. */
export function startActing(
  { store, controlPlane, identities }: Acting,
  { options, log, onDefect }: ActingParts,
  { here, port }: { readonly here: Here; readonly port: number },
): Active {
  const { clock, region, accountId, version, keep = {}, console: settings } = options;
  const { keys, presence, lastSeen, scriptLogs, forecasts, consoleCodes } = controlPlane;
  const note = (about: object, message: string) => log.info(about, message);
  const retention = new Retention({ store, clock, onDefect, keep, audit: identities.audit, log: note });
  const pages = openConsole({
    settings: settings ?? { isBehindProxy: false, version },
    services: controlPlane.services.map((service) => ({
      ...service,
      serve: (request) => here.serve(service.name, request),
    })),
    ...{ store, keys, clock, region, accountId, presence, lastSeen, scriptLogs, forecasts, onDefect },
    codes: consoleCodes,
    audit: identities.audit,
    port: () => port,
    cloudEndpoint: () => undefined,
  });
  controlPlane.start();
  retention.start();
  return {
    fallback: pages.before(options.fallback?.(identities)),
    async stop() {
      pages.close();
      await within(stopMilliseconds, controlPlane.stop());
      await retention.close();
      await controlPlane.close();
    },
  };
}
