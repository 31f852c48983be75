import type { RequestListener } from "node:http";
import type { AccessKeys, Service } from "@sluice/aws-protocol";
import type { AuditLog } from "../audit/audit-log.ts";
import type { HostPresence } from "../event-log/host-presence.ts";
import type { Store } from "../store/index.ts";
import type { Forecasts } from "../plan/forecasts.ts";
import { ConsoleCloud } from "./cloud/cloud.ts";
import type { ScriptLogReader } from "./snapshots/context.ts";
import { withConsole } from "./console.ts";
import { ConsoleCodes } from "./sessions/codes.ts";
import { Viewer } from "./rights/viewer.ts";
import { Streams } from "./stream/streams.ts";
import { Sessions } from "./sessions/sessions.ts";
import type { SessionChange } from "./session-endpoint.ts";

/** How the console may be reached, and what it says of itself. */
export interface ConsoleSettings {
  /** A proxy that speaks HTTPS stands in front of the port. */
  readonly isBehindProxy: boolean;
  /** The program's version. */
  readonly version: string;
}

export interface ConsoleContext {
  readonly settings: ConsoleSettings;
  readonly store: Store;
  readonly services: readonly Service[];
  readonly keys: AccessKeys;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly codes: ConsoleCodes;
  readonly lastSeen: (host: string) => number | undefined;
  readonly presence: HostPresence;
  readonly audit: AuditLog;
  /** The port of this server; known once it listens. */
  readonly port: () => number;
  /** Where the local cloud's services are; absent, or undefined, where the services are AWS's. */
  readonly cloudEndpoint?: (() => string | undefined) | undefined;
  readonly scriptLogs: ScriptLogReader;
  readonly forecasts: Forecasts;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** The console's endpoints. */
export interface Console {
  /** Serves the console's paths, and passes other requests on. */
  readonly before: (next?: RequestListener) => RequestListener;
  /** Ends all sessions. */
  readonly close: () => void;
}

/** Up to so many targets a forecast takes less time than a page would notice. */
const foretoldTargetsMax = 300;

/** Opens the console's endpoints on a running control plane. */
export function openConsole(context: ConsoleContext): Console {
  const { store, services, keys, clock, region, accountId, codes, audit, onDefect, lastSeen, presence } = context;
  const sessions = new Sessions({ clock, keys });
  const { isBehindProxy, version } = context.settings;
  const record = (change: SessionChange) => audit.append(entryOf(change, clock()));
  const foretell = (id: string) =>
    store.deployments.targets(id).length > foretoldTargetsMax ? undefined : context.forecasts.of(id);
  const snapshots = {
    foretell,
    store,
    clock,
    region,
    accountId,
    lastSeen,
    presence,
    audit,
    scriptLogs: context.scriptLogs,
  };
  const viewer = { serviceOf: (name: string) => serviceOf(services, name) };
  const cloud = new ConsoleCloud({ keys, region, endpoint: context.cloudEndpoint ?? (() => undefined) });
  const streams = new Streams({
    cloudChanges: (who) => cloud.changed(who),
    sessions,
    snapshots,
    viewerAgain: ({ session, call }, principal) =>
      new Viewer(viewer, session, { ...call, principal, receivedAt: clock() }),
    onDefect,
  });
  const options = {
    transport: { isBehindProxy, port: context.port },
    session: { codes, sessions, keys, clock, accountId, region, version, record },
    viewer,
    snapshots,
    streams,
    cloud,
    onDefect,
  };
  return {
    before: (next: RequestListener = nothingElse) => withConsole(next, options),
    close: () => {
      streams.close();
      cloud.close();
      sessions.close();
    },
  };
}

const nothingElse: RequestListener = (_request, response) => void response.writeHead(404).end();

function serviceOf(services: readonly Service[], name: string): Service {
  const found = services.find((service) => service.name === name);
  if (found === undefined) throw new Error(`There is no service "${name}" here`);
  return found;
}

function entryOf(
  { operation, principalArn, accessKeyId, sessionId, requestId, sourceIp, outcome }: SessionChange,
  at: number,
): Parameters<AuditLog["append"]>[0] {
  return {
    at,
    requestId,
    service: "sluice",
    operation,
    caller: principalArn,
    accessKeyId,
    sourceIp,
    resources: sessionId === undefined ? [] : [`console-session/${sessionId}`],
    outcome,
  };
}
