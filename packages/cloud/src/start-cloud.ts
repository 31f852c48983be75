import type { RequestListener } from "node:http";
import { type Principal, printable, type Service } from "@sluice/aws-protocol";
import { chance } from "./random.ts";
import { type ScalingAndBalancing, openScalingAndBalancing } from "./scaling-and-balancing.ts";
import { openContainers, type RegistryKeys } from "./containers.ts";
import { defectLog } from "./defect-log.ts";
import { openListenerCertificates } from "./listener-certificates.ts";
import type { DataPlaneKind } from "./balancer/index.ts";
import { type Chaos, DeferredDriver, type RunningInstances } from "./instance/index.ts";
import { autoScalingTables } from "./service/auto-scaling/index.ts";
import { cloudWatchTables } from "./service/cloud-watch/index.ts";
import { ec2Service, ec2Tables, Fleet, type HostKeys, metadataService, openEc2 } from "./service/ec2/index.ts";
import { ecrTables } from "./service/ecr/index.ts";
import {
  iamRecords,
  iamService,
  iamTables,
  instanceProfiles,
  type Permissions,
  permissionsOf,
  uniqueIdOf,
  type UserKeys,
  serverCertificates,
} from "./service/iam/index.ts";
import { type LambdaOptions, lambdaTables, type OpenLambda, openLambda } from "./service/lambda/index.ts";
import { LogStore, logsService, logsTables } from "./service/logs/index.ts";
import {
  type GrantedObject,
  type NamedObject,
  objectReader,
  objectSha256,
  openBlobs,
  type S3Options,
  s3Service,
  s3Tables,
  watchLeftUploads,
} from "./service/s3/index.ts";
import { ssmService } from "./service/ssm/index.ts";
import { assumeRoleAsService, roleOf, type SessionKeys, type StsContext, stsService } from "./service/sts/index.ts";
import { CertificateKeys } from "./tls/certificate-keys.ts";
import { CloudDatabase } from "./store/database.ts";

export interface CloudOptions {
  readonly dataFolder: string;
  readonly region: string;
  readonly accountId: string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Gives instances, users and sessions keys of their own, and takes them back. */
  readonly keys: HostKeys & UserKeys & SessionKeys & RegistryKeys & { revokeHost(host: string): Promise<void> };
  readonly driver: "auto" | "ns" | "plain";
  /** With `auto`: run instances as ordinary processes where isolated ones cannot be had, instead of failing. */
  readonly plainInstead: boolean;
  /** What carries the traffic of load balancers; HAProxy must be installed for it. */
  readonly loadBalancer?: DataPlaneKind | undefined;
  /** Path of the agent as one file. */
  readonly agentBundle: string;
  /** For how many days uploads in parts are kept that nobody completes; 0 or absent, for ever. */
  readonly uploadDays?: number | undefined;
  /** Troubles to make on purpose. */
  readonly chaos: Chaos;
  /** Whether execution roles of tasks are asked whether they may pull images, as on AWS; absent, they are not. */
  readonly actsWithServiceRoles?: boolean | undefined;
  /** How many seconds of AWS's waits pass in one of ours; absent, one. */
  readonly timeScale?: number | undefined;
}

/** The control plane, as the cloud sees it. */
export interface ControlPlane {
  readonly listener: RequestListener;
  readonly port: number;
  /** The objects that deployments under way bring to a host. */
  objectsFor(host: string): readonly GrantedObject[];
  /** The SHA-256, in hex, of the public key that it signs specifications with. */
  signerSha256(): Promise<string>;
}

/** A local cloud that is open. */
export interface RunningCloud {
  /** To be answered on the control plane's port. */
  readonly services: readonly Service[];
  /** What IAM allows somebody; undefined when that user or role is gone. */
  readonly permissionsOf: (principal: Principal) => Permissions | undefined;
  /** The unique id of the user, or of the role of the session, that an ARN names now. */
  readonly uniqueIdOf: (arn: string) => string | undefined;
  readonly roleExists: (arn: string) => boolean;
  /** The SHA-256 of an object's bytes, in hex; undefined when there is no such object. */
  readonly objectSha256: (object: NamedObject) => Promise<string | undefined>;
  /** Opens the driver of instances, lets them reach the control plane, and resumes those that should run; services answer meanwhile. Throws one clear sentence when instances cannot be had. */
  connect(controlPlane: ControlPlane): Promise<RunningInstances>;
  /** Holds the database and the objects of S3 still, until the returned function is called. */
  freeze(): () => void;
  /** Ends all instances; they come back with the next start. */
  close(): Promise<void>;
}

/** The tables of all services; those that are not here keep `Records`. */
const tables = [
  s3Tables,
  ec2Tables,
  autoScalingTables,
  ecrTables,
  iamTables,
  lambdaTables,
  logsTables,
  cloudWatchTables,
];

/** Opens the local cloud of a data folder. Throws one clear sentence when it cannot. */
export function startCloud(options: CloudOptions): RunningCloud {
  const { dataFolder, region, accountId, clock, keys, timeScale = 1, loadBalancer: dataPlane = "builtin" } = options;
  const driver = new DeferredDriver(options);
  const db = new CloudDatabase(dataFolder, tables);
  const ended = (id: string) => keys.revokeHost(`arn:aws:ec2:${region}:${accountId}:instance/${id}`);
  const fleet = new Fleet({ db, driver, clock, ended, changed: (id) => scaling.instanceChanged(id) });
  const onDefect = defectLog(clock);
  let controlPlane: ControlPlane | undefined;
  const port = () => controlPlane?.port ?? 0;
  const common = { db, clock, region, accountId };
  const records = iamRecords(db);
  const profiles = instanceProfiles(records);
  const ec2 = openEc2({ ...common, fleet, profiles });
  const certificateKeys = new CertificateKeys(dataFolder);
  const certificates = openListenerCertificates(options, serverCertificates(records, certificateKeys));
  const machines = { ...common, ec2, driver, timeScale, onDefect };
  const scaling = openScalingAndBalancing({ ...machines, dataPlane, certificates, port });
  const sts = { records, keys, accountId };
  const [logs, blobs] = [new LogStore({ db, clock }), openBlobs(dataFolder)];
  const lambda = openFunctions({ ...common, dataFolder, logs, onDefect, blobs }, sts, port);
  const kept = { dataFolder, logs, keys, actsWithServiceRoles: options.actsWithServiceRoles === true };
  const containers = openContainers({ ...machines, ...kept }, { sts, scaling, port });
  const services = [
    s3Service({ ...common, blobs, onDefect, objectsFor: (host) => controlPlane?.objectsFor(host) ?? [] }),
    ec2Service(ec2, onDefect),
    ...scaling.services,
    ssmService(common, onDefect),
    iamService({ records, keys, certificateKeys, clock, accountId }, onDefect),
    stsService(sts, onDefect),
    logsService({ ...common, logs }, onDefect),
    ...containers.services,
    ...lambda.services,
  ];
  const metadata = metadataOf({ ...common, keys, profiles }, fleet, scaling);
  const reach = async ({ listener, port: at, ...plane }: ControlPlane): Promise<RunningInstances> => {
    const outside = { listener, port: at, signerSha256: await plane.signerSha256(), metadata };
    const instances = await driver.connect({ ...outside, taskMetadata: containers.metadata });
    await Promise.all([fleet.resume(), lambda.start(), containers.start()]);
    return instances;
  };
  let connecting: Promise<RunningInstances> | undefined;
  const endUploads = watchLeftUploads({ ...common, blobs }, { days: options.uploadDays ?? 0, onDefect });
  return {
    services,
    ...identityOf(sts),
    objectSha256: objectSha256({ ...common, blobs }),
    async connect(found) {
      controlPlane = found;
      const reached = reach(found);
      return (connecting = Promise.all([reached, scaling.start(reached)]).then(([instances]) => instances));
    },
    freeze: () => frozen([db.freeze(), blobs.keepAll()]),
    async close() {
      await Promise.all([endUploads(), connecting?.catch(() => {})]); // the caller of connect got the error
      driver.giveUp();
      await Promise.all([containers.close(), lambda.close()]);
      await endInstances(scaling, fleet, driver);
      db.close();
    },
  };
}

async function endInstances(scaling: ScalingAndBalancing, fleet: Fleet, driver: DeferredDriver): Promise<void> {
  await scaling.close();
  await fleet.settle();
  await driver.close();
}

const frozen = (releases: readonly (() => void)[]) => () => releases.forEach((release) => release());

/** What instances read about themselves, from EC2 and from Auto Scaling. */
const metadataOf = (
  common: Omit<Parameters<typeof metadataService>[0], "find" | "targetLifecycleState">,
  fleet: Fleet,
  { targetLifecycleState }: ScalingAndBalancing,
) => metadataService({ ...common, targetLifecycleState, find: (id) => fleet.find(id) });

/** Lambda, whose functions act with their roles and reach the control plane at its port. */
function openFunctions(
  {
    blobs,
    ...common
  }: Pick<LambdaOptions, "db" | "clock" | "region" | "accountId" | "dataFolder" | "logs" | "onDefect"> &
    Pick<S3Options, "blobs">,
  sts: StsContext,
  port: () => number,
): OpenLambda {
  return openLambda({
    ...common,
    chance,
    endpoint: () => ({ url: `http://127.0.0.1:${port()}`, port: port() }),
    roleKeys: async (role, sessionName) =>
      (await assumeRoleAsService(sts, "lambda.amazonaws.com", { roleArn: role, sessionName })).key,
    readObject: objectReader({ ...common, blobs }),
    uniqueIdOf: (arn) => uniqueIdOf(sts.records, arn),
    note: (line) => console.error(printable(line)),
  });
}

const identityOf = (sts: StsContext): Pick<RunningCloud, "permissionsOf" | "uniqueIdOf" | "roleExists"> => ({
  permissionsOf: (principal) => permissionsOf(sts.records, principal),
  uniqueIdOf: (arn) => uniqueIdOf(sts.records, arn),
  roleExists: (arn) => roleOf(sts, arn) !== undefined,
});
