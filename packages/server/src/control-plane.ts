import type { AccessKeys, Service } from "@sluice/aws-protocol";
import type { Logger } from "pino";
import { codedeployAccesses } from "./access/codedeploy-accesses.ts";
import type { Backups } from "./admin-api/backups.ts";
import { tokensOf } from "./admin-api/github-secrets.ts";
import { sluiceService } from "./admin-api/sluice-service.ts";
import { actsWithServiceRoles } from "./ambiguities.ts";
import { recordChanges } from "./audit/record-changes.ts";
import { recorded } from "./audit/recorded.ts";
import { ConsoleCodes } from "./console/sessions/codes.ts";
import { HostPresence } from "./event-log/host-presence.ts";
import { recordCalls } from "./event-log/record-calls.ts";
import type { BeforeCalls } from "./gateways/clients.ts";
import { type Gateways, openGateways } from "./gateways/gateways.ts";
import { hostCommandService } from "./host-commands/index.ts";
import { HeldPolls } from "./host-commands/polls.ts";
import type { KeyPair } from "./identity/administrator.ts";
import type { Identities } from "./identity/identities.ts";
import { accessKeys, type PrincipalSources } from "./identity/principals.ts";
import { measureDecision } from "./metrics/measure.ts";
import type { Measurements } from "./metrics/measurements.ts";
import { codedeployService } from "./operations/index.ts";
import { presenceScanMilliseconds } from "./limits.ts";
import { Forecasts } from "./plan/forecasts.ts";
import { PeriodicTask } from "./reconciler/periodic-task.ts";
import { Reconciler } from "./reconciler/reconciler.ts";
import { syncHooks as syncHooksOf } from "./reconciler/scaling/managed-hooks.ts";
import { signedSpecifications } from "./specification/signed-specifications.ts";
import type { Signer } from "./specification/signer.ts";
import type { SpecificationContext } from "./specification/specification.ts";
import type { DeploymentGroup } from "./store/deployment-groups.ts";
import type { ScriptLogs } from "./store/script-logs.ts";
import { type NamedLimits, type OverLimit, overLimitLog } from "./throttling/limits.ts";
import { LogBudget } from "./throttling/log-budget.ts";
import { limited, RequestRates } from "./throttling/request-rates.ts";
import type { Store } from "./store/index.ts";

export interface ControlPlaneOptions {
  readonly region: string;
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** The certificate of the authority that has issued the server's, in PEM, when hosts do not trust it by themselves. */
  readonly authority?: string | undefined;
  readonly identities: Identities;
  /** Returns a principal's permissions in IAM; without it, only the administrator and hosts may do anything. */
  readonly permissionsOf?: PrincipalSources["permissionsOf"] | undefined;
  /** The unique id of the user, or of the role of the session, that an ARN names now; absent where there is no IAM. */
  readonly uniqueIdOf?: ((arn: string) => string | undefined) | undefined;
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
  /** Limits of this server; absent, only those that have a default. */
  readonly limits?: NamedLimits | undefined;
  /** How many seconds of a deployment's waits pass in one, for a local cloud that hurries; undefined: one. */
  readonly timeScale?: number | undefined;
  /** Tells what bytes a revision has, where S3 is served here; absent, hosts fetch it from AWS, whose certificate says whose answer they get. */
  readonly revisionSha256?: SpecificationContext["revisionSha256"];
}

/** What a control plane works with, and leaves open when it closes. */
export interface ControlPlaneParts {
  readonly store: Store;
  /** What scripts on hosts have printed. */
  readonly scriptLogs: ScriptLogs;
  readonly signer: Signer;
  readonly log: Logger;
  readonly onDefect: (error: unknown, about: string) => void;
  /** Where it is reached itself, once it listens. */
  readonly own: { readonly url: string };
  /** Absent where the files of this machine alone are no backup. */
  readonly backups?: Backups | undefined;
  /** What is measured; absent, nothing is. */
  readonly measurements?: Measurements | undefined;
  /** What calls of other services wait for. */
  readonly beforeCalls?: BeforeCalls | undefined;
}

/** Everything that acts on one store: services that answer, and a reconciler that moves deployments. */
export interface ControlPlane {
  readonly services: readonly Service[];
  readonly keys: AccessKeys;
  /** Codes that become sessions of the console. */
  readonly consoleCodes: ConsoleCodes;
  readonly presence: HostPresence;
  /** When a host's agent was last seen, in milliseconds since the epoch. */
  readonly lastSeen: (host: string) => number | undefined;
  /** Takes over what earlier versions have left in the store. */
  takeOver(): Promise<void>;
  readonly scriptLogs: ScriptLogs;
  /** How the rest of live deployments goes if all goes well. */
  readonly forecasts: Forecasts;
  /** Continues what an earlier process left. */
  start(): void;
  /** Returns the objects that deployments in progress bring to a host, as their readers have named them. */
  objectsFor(host: string): readonly {
    readonly bucket: string;
    readonly key: string;
    readonly version?: string | undefined;
    readonly eTag?: string | undefined;
  }[];
  /** How many polls are held, and how many hosts have called of late, or are silent. */
  polls(): ReturnType<HeldPolls["counts"]>;
  /** What waits in this process, by the name of its queue. */
  queues(): ReturnType<Reconciler["queues"]>;
  /** Ends held polls; resolves when the rounds in progress have ended. */
  stop(): Promise<void>;
  /** Closes the ways to other services. */
  close(): Promise<void>;
}

/** Opens a control plane. It writes and moves nothing by itself before it is started. */
export function openControlPlane(options: ControlPlaneOptions, parts: ControlPlaneParts): ControlPlane {
  const { region, accountId, clock, identities, timeScale, eventsUrl } = options;
  const { store, log, onDefect, measurements } = parts;
  const onOver = overLimitLog(clock, {
    log: (about, message) => log.warn(about, message),
    count: (limit) => measurements?.overLimit(limit),
  });
  const polls = new HeldPolls(clock, options.limits?.polls, (host) => onOver("polls", host));
  const gateways = gatewaysOf(options, parts);
  const presence = new HostPresence({ store, clock, lastSeen: polls.lastSeen, onDefect });
  const reconciler = new Reconciler({
    store,
    region,
    accountId,
    clock,
    gateways,
    lastSeen: polls.lastSeen,
    timeScale,
    eventsUrl,
    wakeHosts: (hosts) => polls.wake(hosts),
    warn: (subject, message) => log.warn(subject, message),
    log: (deploymentId, decision) => {
      log.info({ deploymentId, ...decision }, "decided");
      if (measurements !== undefined) measureDecision(measurements, store, { id: deploymentId, decision });
    },
    onPass: measurements?.pass,
    onDefect,
  });
  const presenceScan = new PeriodicTask(
    presenceScanMilliseconds,
    async () => presence.check(),
    (error) => onDefect(error, ""),
  );
  const consoleCodes = new ConsoleCodes(clock);
  const record = recordBoth(recordChanges(identities.audit, onDefect), recordCalls(store, onDefect));
  return {
    services: servicesOf(options, { ...parts, polls, presence, gateways, reconciler, consoleCodes, onOver }).map(
      limitedBy(options, onOver, (service) => recorded(service, record)),
    ),
    keys: keysOf(options, store),
    consoleCodes,
    presence,
    scriptLogs: parts.scriptLogs,
    forecasts: new Forecasts({ store, clock, timeScale }),
    lastSeen: polls.lastSeen,
    takeOver: () => takeOverRegistrations(options, store),
    start() {
      reconciler.start();
      presenceScan.start();
    },
    objectsFor: (host) => objectsFor(store, host),
    polls: () => polls.counts(),
    queues: () => reconciler.queues(),
    async stop() {
      polls.close();
      await reconciler.close();
      await presenceScan.close();
    },
    close: () => gateways.close(),
  };
}

/** Has requests counted before anything is done or recorded of them, where there is a limit. */
function limitedBy(
  { clock, limits }: ControlPlaneOptions,
  onOver: OverLimit,
  whole: (service: Service) => Service,
): (service: Service) => Service {
  const perSecond = limits?.requests ?? 0;
  if (perSecond === 0) return whole;
  const rates = new RequestRates(perSecond, clock);
  return (service) => limited(whole(service), rates, onOver);
}

/** What is in the audit log is in the event log, too; only the first is waited for. */
const recordBoth =
  (record: ReturnType<typeof recordChanges>, further: ReturnType<typeof recordCalls>): typeof record =>
  (request) => {
    further(request);
    return record(request);
  };

interface ServiceParts extends ControlPlaneParts {
  readonly onOver: OverLimit;
  readonly polls: HeldPolls;
  readonly presence: HostPresence;
  readonly gateways: Gateways;
  readonly reconciler: Reconciler;
  readonly consoleCodes: ConsoleCodes;
}

function servicesOf(options: ControlPlaneOptions, parts: ServiceParts): readonly Service[] {
  const { region, accountId, clock, identities, services, uniqueIdOf, authority, revisionSha256, timeScale } = options;
  const { store, polls, presence, gateways, reconciler, signer, scriptLogs, consoleCodes, backups, onDefect } = parts;
  const common = { store, region, accountId, clock };
  const wake = (id: string) => reconciler.wake(id);
  const syncHooks = (group: DeploymentGroup, on?: readonly string[]) => syncHooksOf({ store, gateways }, group, on);
  const { lastSeen } = polls;
  const { endRegistration } = identities;
  const agentVersionOf = (host: string) => presence.factsOf(host)?.agentVersion;
  const about = { identities, uniqueIdOf, authority, signerSha256: signer.sha256 };
  const operating = { ...common, wake, syncHooks, uniqueIdOf, endRegistration, lastSeen };
  const accesses = codedeployAccesses({ store, region, accountId });
  const gitHubTokenFor = tokensOf({ store, identities });
  const logBytes = options.limits?.logBytes ?? 0;
  const targetsOf = (id: string) => store.deployments.targets(id);
  const logBudget = logBytes === 0 ? undefined : new LogBudget(logBytes, targetsOf, parts.onOver);
  const specification = signedSpecifications({ store, gitHubTokenFor, revisionSha256 }, signer.sign);
  return [
    codedeployService(operating, accesses, onDefect),
    hostCommandService({ ...common, polls, presence, scriptLogs, specification, wake, logBudget }, onDefect),
    sluiceService(
      { ...operating, ...about, gateways, timeScale, agentVersionOf, scriptLogs, consoleCodes, backups },
      onDefect,
    ),
    ...services,
  ];
}

/** The services that deployments touch: our own at our own port, or AWS's. */
function gatewaysOf(options: ControlPlaneOptions, { own, beforeCalls }: ControlPlaneParts): Gateways {
  const { ec2, region, identities, roleExists, actsWithServiceRoles: areAsked = actsWithServiceRoles } = options;
  if (ec2 === "aws") return openGateways({ at: "aws", region }, beforeCalls);
  const as = (credentials: KeyPair) => ({ region, endpoint: own.url, credentials });
  const roles = {
    exists: roleExists ?? (() => false),
    asService: () => as(identities.issueForService("codedeploy.amazonaws.com")),
  };
  const config = () => as(identities.controlPlane());
  return openGateways({ at: "self", config, roles: areAsked ? roles : undefined }, beforeCalls);
}

function keysOf(
  { identities, permissionsOf = () => ({ policies: [], tags: {} }) }: ControlPlaneOptions,
  { onPremises }: Store,
) {
  return accessKeys(identities, { permissionsOf, registrationOf: (arn) => onPremises.registeredAs(arn) });
}

/**
 * Earlier versions knew hosts by their names only: what they have left is bound to the present owners of those names.
 */
async function takeOverRegistrations({ identities, uniqueIdOf }: ControlPlaneOptions, store: Store): Promise<void> {
  if (uniqueIdOf !== undefined) await store.write(() => store.onPremises.bindOwners((arn) => uniqueIdOf(arn) ?? ""));
  await identities.bindEarlierKeys((arn) => store.onPremises.registeredAs(arn)?.arn);
}

const objectsFor = (store: Store, host: string): ReturnType<ControlPlane["objectsFor"]> =>
  store.deployments
    .revisionsFor(host)
    .flatMap(({ s3Location: { bucket = "", key = "", version, eTag } = {} }) =>
      bucket === "" ? [] : [{ bucket, key, version, eTag }],
    );
