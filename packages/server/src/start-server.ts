import type { RequestListener } from "node:http";
import {
  type AccessLine,
  createFrontDoor,
  createFrontDoorServer,
  hostNames,
  type HttpsOptions,
} from "@sluice/aws-protocol";
import type { Logger } from "pino";
import { Backups, type Freeze } from "./admin-api/backups.ts";
import { type Console, type ConsoleSettings, openConsole } from "./console/open-console.ts";
import {
  type ControlPlane,
  type ControlPlaneOptions,
  type ControlPlaneParts,
  openControlPlane,
} from "./control-plane.ts";
import { defectLog } from "./defect-log.ts";
import { withHealth } from "./health.ts";
import { closeListener, listen, replaceCertificate, within } from "./listening.ts";
import { type LogLevel, openLog } from "./log.ts";
import { countedDefects, measureCommits } from "./metrics/measure.ts";
import { type MetricsAddress, type MetricsListener, serveMetrics } from "./metrics/metrics-listener.ts";
import { type Metrics, openMetrics } from "./metrics/open-metrics.ts";
import { readingsOf } from "./metrics/readings.ts";
import { Retention, type RetentionDays } from "./retention/retention.ts";
import { openSigner } from "./specification/signer.ts";
import { openScriptLogs } from "./store/script-logs.ts";
import { openStore, type Store } from "./store/index.ts";

export interface ServerOptions extends ControlPlaneOptions {
  readonly dataFolder: string;
  /** How many events of the event log are kept; undefined: half a million. */
  readonly eventsMax?: number | undefined;
  /** How many bytes of what scripts have printed are kept; undefined: 256 MiB. */
  readonly scriptLogBytesMax?: number | undefined;
  /** 0 takes any free port. */
  readonly port: number;
  readonly hostname: string;
  /** With a certificate and its key, the port speaks HTTPS beside HTTP, or alone. */
  readonly tls?: HttpsOptions | undefined;
  readonly logLevel: LogLevel;
  /** Where metrics are served; absent, there are none. */
  readonly metrics?: MetricsAddress | undefined;
  /** For how many days things are kept; absent, for ever. */
  readonly keep?: RetentionDays | undefined;
  /** How long after the start old things are deleted for the first time, in milliseconds; a minute by default. */
  readonly firstDeletionMilliseconds?: number | undefined;
  /** Serves what is no AWS request, such as the console's pages. */
  readonly fallback?: RequestListener | undefined;
  /** Names by which this server may be called without a signature, besides this machine's own and AWS's. */
  readonly hostNames?: readonly string[] | undefined;
  readonly console?: ConsoleSettings | undefined;
  /** Holds the files of a local cloud still for a backup, and returns what lets them go on. */
  readonly freezeCloud?: Freeze | undefined;
}

/** A control plane that listens. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** The front door, for further ways in. */
  readonly listener: RequestListener;
  readonly objectsFor: ControlPlane["objectsFor"];
  /** By what hosts know the key that specifications are signed with: the SHA-256 of the public key, in hex. */
  signerSha256(): Promise<string>;
  /** Where metrics are served, if anywhere. */
  readonly metricsUrl: string | undefined;
  /** Makes a code that a browser turns into a session of the console with this key's rights: once, within a minute. */
  newConsoleCode(accessKeyId: string): string;
  /** Uses another certificate for the handshakes that come. Throws when the port speaks no HTTPS, or when it is none. */
  replaceCertificate(tls: HttpsOptions): void;
  close(): Promise<void>;
}

/**
 * How long rounds in progress may take to end when the server closes, in milliseconds. Calls of other services that take
 * longer are made again after the next start.
 */
const stopMilliseconds = 2_500;

const nothingElse: Freeze = () => () => {};

/** Opens the store, continues what an earlier process left, and listens. Throws one clear sentence when it cannot. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { clock, identities, hostNames: names = [] } = options;
  const parts = await openParts(options);
  const { store, scriptLogs, signer, log, onDefect, own, backups, measurements: metrics } = parts;
  const controlPlane = openControlPlane(options, parts);
  await controlPlane.takeOver();
  if (metrics !== undefined) measureCommits(metrics, { store, audit: identities.audit });
  const health = { isReady: false, isEnding: false };
  const { services, keys } = controlPlane;
  const opened = consoleOf(options, { store, controlPlane, onDefect, own });
  const listener = createFrontDoor({
    ...{ services, keys, clock, isOwnHost: hostNames(names), isEnding: () => health.isEnding },
    log: logRequests(log, metrics),
    fallback: withHealth(opened.before(options.fallback), () => health.isReady),
  });
  const server = createFrontDoorServer(listener, options.tls);
  const metricsListener = await startMetrics(options, { store, controlPlane, metrics, onDefect });
  const port = await listen(server, options).catch(async (error: unknown) => {
    await metricsListener?.close();
    store.close();
    scriptLogs.close();
    throw error;
  });
  own.url = `${options.tls?.isRequired === true ? "https" : "http"}://${options.hostname}:${port}`;
  controlPlane.start();
  const retention = startRetention(options, parts);
  health.isReady = true;
  return {
    url: own.url,
    port,
    listener,
    objectsFor: (host) => controlPlane.objectsFor(host),
    signerSha256: signer.sha256,
    metricsUrl: metricsListener?.url,
    newConsoleCode: (accessKeyId) => controlPlane.consoleCodes.issue(accessKeyId).code,
    replaceCertificate: (tls) => replaceCertificate(server, tls),
    async close() {
      Object.assign(health, { isReady: false, isEnding: true });
      opened.close();
      backups.close();
      await within(stopMilliseconds, controlPlane.stop());
      await retention.close();
      await Promise.all([closeListener(server), metricsListener?.close()]);
      await controlPlane.close();
      store.close();
      scriptLogs.close();
      identities.close();
    },
  };
}

/** Opens what the control plane stands on. */
async function openParts(options: ServerOptions) {
  const { dataFolder, clock, identities } = options;
  const log = openLog(options.logLevel);
  const metrics = options.metrics && (await openMetrics());
  const onDefect = countedDefects(defectLog(log, clock), metrics);
  const store = openStore(dataFolder, { eventsMax: options.eventsMax, onDefect });
  const scriptLogs = openScriptLogs(dataFolder, { bytesMax: options.scriptLogBytesMax, onDefect });
  const own = { url: "" };
  const signer = openSigner(dataFolder, clock);
  const freezes = [
    () => store.freeze(),
    () => identities.freeze(),
    () => scriptLogs.freeze(),
    options.freezeCloud ?? nothingElse,
  ];
  const backups = new Backups(dataFolder, clock, freezes);
  return { store, scriptLogs, signer, log, onDefect, own, backups, measurements: metrics };
}

/** What happens with the line of each request. */
const logRequests = (log: Logger, metrics: Metrics | undefined) => (line: AccessLine) => {
  log.info(line, "request");
  metrics?.request(line);
};

function startRetention(
  { clock, identities, keep = {}, firstDeletionMilliseconds }: ServerOptions,
  { store, log, onDefect }: Pick<ControlPlaneParts, "store" | "log" | "onDefect">,
): Retention {
  const note = (about: object, message: string) => log.info(about, message);
  const retention = new Retention({ store, clock, onDefect, keep, audit: identities.audit, log: note });
  retention.start(firstDeletionMilliseconds);
  return retention;
}

/** The console's endpoints, in front of what else is no AWS request. */
function consoleOf(
  { region, accountId, clock, identities, ec2, console: settings }: ServerOptions,
  { store, controlPlane, onDefect, own }: ConsoleParts,
): Console {
  const { services, keys, presence, lastSeen, scriptLogs, forecasts, consoleCodes } = controlPlane;
  return openConsole({
    settings: settings ?? { isBehindProxy: false, version: "" },
    ...{ store, services, keys, clock, region, accountId, presence, lastSeen, scriptLogs, forecasts, onDefect },
    codes: consoleCodes,
    audit: identities.audit,
    port: () => Number(new URL(own.url).port),
    cloudEndpoint: () => (ec2 === "self" ? own.url : undefined),
  });
}

interface ConsoleParts {
  readonly store: Store;
  readonly controlPlane: ControlPlane;
  readonly onDefect: (error: unknown, about: string) => void;
  readonly own: { readonly url: string };
}

/** Serves metrics, if they are wanted. Closes the store when it cannot. */
async function startMetrics(
  { dataFolder, metrics: address }: ServerOptions,
  {
    metrics,
    onDefect,
    ...parts
  }: {
    readonly store: Store;
    readonly controlPlane: ControlPlane;
    readonly metrics: Metrics | undefined;
    readonly onDefect: (error: unknown, about: string) => void;
  },
): Promise<MetricsListener | undefined> {
  if (metrics === undefined || address === undefined) return undefined;
  try {
    return await serveMetrics(address, metrics, { readings: readingsOf({ ...parts, dataFolder }), onDefect });
  } catch (error) {
    parts.store.close();
    throw error;
  }
}
