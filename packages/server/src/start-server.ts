import type { RequestListener } from "node:http";
import {
  createFrontDoor,
  createFrontDoorServer,
  type HttpsOptions,
  printable,
  type Service,
} from "@sluice/aws-protocol";
import { type Logger, pino } from "pino";
import { HostPresence } from "./event-log/host-presence.ts";
import { recordCalls } from "./event-log/record-calls.ts";
import { actsWithServiceRoles } from "./ambiguities.ts";
import { defectLog } from "./defect-log.ts";
import { type Gateways, openGateways } from "./gateways/gateways.ts";
import { hostCommandService } from "./host-commands/index.ts";
import { HeldPolls } from "./host-commands/polls.ts";
import { codedeployAccesses } from "./access/codedeploy-accesses.ts";
import { tokensOf } from "./admin-api/github-secrets.ts";
import type { KeyPair } from "./identity/administrator.ts";
import type { Identities } from "./identity/identities.ts";
import { accessKeys, type PrincipalSources } from "./identity/principals.ts";
import { recordChanges } from "./audit/record-changes.ts";
import { sluiceService } from "./admin-api/sluice-service.ts";
import { presenceScanMilliseconds } from "./limits.ts";
import { closeListener, listen } from "./listening.ts";
import { codedeployService } from "./operations/index.ts";
import { syncHooks as syncHooksOf } from "./reconciler/scaling/managed-hooks.ts";
import { PeriodicTask } from "./reconciler/periodic-task.ts";
import { Reconciler } from "./reconciler/reconciler.ts";
import type { SpecificationContext } from "./specification/specification.ts";
import { openSigner, type Signer } from "./specification/signer.ts";
import { signedSpecifications } from "./specification/signed-specifications.ts";
import type { DeploymentGroup } from "./store/deployment-groups.ts";
import { openStore, type Store } from "./store/index.ts";

export interface ServerOptions {
  readonly dataFolder: string;
  readonly region: string;
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** 0 takes any free port. */
  readonly port: number;
  readonly hostname: string;
  /** With a certificate and its key, the port speaks HTTPS beside HTTP, or alone. */
  readonly tls?: HttpsOptions | undefined;
  /** The certificate of the authority that has issued that one, in PEM, when hosts do not trust it by themselves. */
  readonly authority?: string | undefined;
  readonly identities: Identities;
  /** Returns a principal's permissions in IAM; without it, only the administrator and hosts may do anything. */
  readonly permissionsOf?: PrincipalSources["permissionsOf"] | undefined;
  /** The unique id of the user, or of the role of the session, that an ARN names now; absent where there is no IAM. */
  readonly uniqueIdOf?: ((arn: string) => string | undefined) | undefined;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error";
  /** Services of a local cloud, answered on the same port. */
  readonly services: readonly Service[];
  /** Where fleets are queried: in the local EC2, or at AWS with the usual credentials. */
  readonly ec2: "self" | "aws";
  /** Which roles a local cloud has. */
  readonly roleExists?: ((arn: string) => boolean) | undefined;
  /** Whether deployment groups' roles count there; by default, as `ambiguities.ts` has it. */
  readonly actsWithServiceRoles?: boolean | undefined;
  /** Where state changes are posted, in the form of EventBridge's events. */
  readonly eventsUrl?: string | undefined;
  /** How many events of the event log are kept; undefined: half a million. */
  readonly eventsMax?: number | undefined;
  /** How many seconds of a deployment's waits pass in one, for a local cloud that hurries; undefined: one. */
  readonly timeScale?: number | undefined;
  /** Tells what bytes a revision has, where S3 is served here; absent, hosts fetch it from AWS, whose certificate says whose answer they get. */
  readonly revisionSha256?: SpecificationContext["revisionSha256"];
  /** Serves what is no AWS request. */
  readonly fallback?: RequestListener | undefined;
}

/** A control plane that listens. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** The front door, for further ways in. */
  readonly listener: RequestListener;
  /** Returns the objects that deployments in progress bring to a host, as their readers have named them. */
  objectsFor(host: string): readonly {
    readonly bucket: string;
    readonly key: string;
    readonly version?: string | undefined;
    readonly eTag?: string | undefined;
  }[];
  /** By what hosts know the key that specifications are signed with: the SHA-256 of the public key, in hex. */
  signerSha256(): Promise<string>;
  close(): Promise<void>;
}

/** Where log lines go. JSON escapes the ends of lines, but not everything that controls a terminal. */
const printableStream = (stream: { write(text: string): unknown }) => ({
  write: (line: string) => void stream.write(`${printable(line.trimEnd())}\n`),
});

/** Opens the store, continues what an earlier process left, and listens. Throws one clear sentence when it cannot. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { dataFolder, region, accountId, clock, identities } = options;
  const log = pino({ level: options.logLevel }, printableStream(process.stderr));
  const onDefect = defectLog(log, clock);
  const store = openStore(dataFolder, { eventsMax: options.eventsMax, onDefect });
  const polls = new HeldPolls(clock);
  const own = { url: "" };
  const gateways = gatewaysOf(options, own);
  const presence = new HostPresence({ store, clock, lastSeen: polls.lastSeen, onDefect });
  const reconciler = new Reconciler({
    store,
    region,
    accountId,
    clock,
    gateways,
    lastSeen: polls.lastSeen,
    timeScale: options.timeScale,
    eventsUrl: options.eventsUrl,
    wakeHosts: (hosts) => polls.wake(hosts),
    warn: (subject, message) => log.warn(subject, message),
    log: (deploymentId, decision) => log.info({ deploymentId, ...decision }, "decided"),
    onDefect,
  });
  const signer = openSigner(dataFolder, clock);
  await takeOverRegistrations(options, store);
  const listener = openFrontDoor(options, { store, polls, presence, gateways, reconciler, signer, log, onDefect });
  const server = createFrontDoorServer(listener, options.tls);
  const port = await listen(server, options).catch((error: unknown) => {
    store.close();
    throw error;
  });
  own.url = `${options.tls?.isRequired === true ? "https" : "http"}://${options.hostname}:${port}`;
  reconciler.start();
  const presenceScan = new PeriodicTask(
    presenceScanMilliseconds,
    async () => presence.check(),
    (error) => onDefect(error, ""),
  );
  presenceScan.start();
  return {
    url: own.url,
    port,
    listener,
    objectsFor: (host) => objectsFor(store, host),
    signerSha256: signer.sha256,
    async close() {
      await reconciler.close();
      await presenceScan.close();
      polls.close();
      await closeListener(server);
      await gateways.close();
      store.close();
      identities.close();
    },
  };
}

/** What the services of the front door are made of. */
interface Parts {
  readonly store: Store;
  readonly polls: HeldPolls;
  readonly presence: HostPresence;
  readonly gateways: Gateways;
  readonly reconciler: Reconciler;
  readonly signer: Signer;
  readonly log: Logger;
  readonly onDefect: (error: unknown, about: string) => void;
}

function openFrontDoor(options: ServerOptions, parts: Parts): RequestListener {
  const { region, accountId, clock, identities, services, fallback, uniqueIdOf, authority, revisionSha256 } = options;
  const { store, polls, presence, gateways, reconciler, signer, log, onDefect } = parts;
  const common = { store, region, accountId, clock };
  const wake = (id: string) => reconciler.wake(id);
  const syncHooks = (group: DeploymentGroup, on?: readonly string[]) => syncHooksOf({ store, gateways }, group, on);
  const { lastSeen } = polls;
  const { endRegistration } = identities;
  const accesses = codedeployAccesses({ store, region, accountId });
  const gitHubTokenFor = tokensOf({ store, identities });
  const specification = signedSpecifications({ store, gitHubTokenFor, revisionSha256 }, signer.sign);
  return createFrontDoor({
    services: [
      codedeployService({ ...common, wake, syncHooks, uniqueIdOf, endRegistration, lastSeen }, accesses, onDefect),
      hostCommandService({ ...common, polls, presence, specification, wake }, onDefect),
      sluiceService({ ...common, identities, uniqueIdOf, authority, signerSha256: signer.sha256 }, onDefect),
      ...services,
    ],
    keys: keysOf(options, store),
    clock,
    log: (line) => log.info(line, "request"),
    record: recordBoth(recordChanges(identities.audit, onDefect), recordCalls(store, onDefect)),
    fallback,
  });
}

/** What is in the audit log is in the event log, too; only the first is waited for. */
const recordBoth =
  (record: ReturnType<typeof recordChanges>, further: ReturnType<typeof recordCalls>): typeof record =>
  (request) => {
    further(request);
    return record(request);
  };

/** The services that deployments touch: our own at our own port, or AWS's. */
function gatewaysOf(options: ServerOptions, own: { readonly url: string }) {
  const { ec2, region, identities, roleExists, actsWithServiceRoles: areAsked = actsWithServiceRoles } = options;
  if (ec2 === "aws") return openGateways({ at: "aws", region });
  const as = (credentials: KeyPair) => ({ region, endpoint: own.url, credentials });
  const roles = {
    exists: roleExists ?? (() => false),
    asService: () => as(identities.issueForService("codedeploy.amazonaws.com")),
  };
  return openGateways({ at: "self", config: () => as(identities.controlPlane()), roles: areAsked ? roles : undefined });
}

function keysOf(
  { identities, permissionsOf = () => ({ policies: [], tags: {} }) }: ServerOptions,
  { onPremises }: Store,
) {
  return accessKeys(identities, { permissionsOf, registrationOf: (arn) => onPremises.registeredAs(arn) });
}

/**
 * Earlier versions knew hosts by their names only: what they have left is bound to the present owners of those names.
 */
async function takeOverRegistrations({ identities, uniqueIdOf }: ServerOptions, store: Store): Promise<void> {
  if (uniqueIdOf !== undefined) await store.write(() => store.onPremises.bindOwners((arn) => uniqueIdOf(arn) ?? ""));
  await identities.bindEarlierKeys((arn) => store.onPremises.registeredAs(arn)?.arn);
}

const objectsFor = (store: Store, host: string): ReturnType<RunningServer["objectsFor"]> =>
  store.deployments
    .revisionsFor(host)
    .flatMap(({ s3Location: { bucket = "", key = "", version, eTag } = {} }) =>
      bucket === "" ? [] : [{ bucket, key, version, eTag }],
    );
