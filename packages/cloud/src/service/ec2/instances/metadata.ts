import { withoutUndefined } from "../../../without-undefined.ts";
import { createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { hostnameOf, type InstanceRecord } from "./instance-record.ts";
import { defaultProfile, type InstanceProfiles, profileOfInstance } from "./instance-profiles.ts";
import { vpc } from "../network/network.ts";

/** A key pair for a host's own calls. */
export interface HostKeys {
  /** Issues a key for a host, which acts as `arn` with the policies of the role that has this unique id. */
  issueForHost(
    host: string,
    arn: string,
    roleId?: string,
  ): Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string | undefined;
    readonly expiresAt?: number | undefined;
  }>;
}

interface MetadataOptions {
  readonly find: (instanceId: string) => InstanceRecord | undefined;
  /** Returns the state that Auto Scaling takes an instance to, or undefined when it is in no group. */
  readonly targetLifecycleState: (instanceId: string) => string | undefined;
  readonly keys: HostKeys;
  readonly profiles: InstanceProfiles;
  readonly region: string;
  readonly accountId: string;
  readonly clock: () => number;
}

/** Longest life of a token, in seconds: EC2's limit. */
const tokenSecondsMax = 21_600;

/** Returns the metadata service, version 2: each instance reads about itself, by a token that it asked for. */
export function metadataService(options: MetadataOptions): (instanceId: string) => RequestListener {
  const secret = randomBytes(32);
  const sign = (text: string) => createHmac("sha256", secret).update(text).digest("base64url");
  return (instanceId) => (request, response) => {
    if (!namesAddress(request.headers.host)) return send(response, 421, "");
    const record = options.find(instanceId);
    if (record === undefined) return send(response, 404, "");
    if (request.url === "/latest/api/token")
      return giveToken(request, response, { instanceId, now: options.clock(), sign });
    if (!holds(request, { instanceId, now: options.clock(), sign })) return send(response, 401, "");
    answer(options, record, request)
      .then((text) => send(response, text === undefined ? 404 : 200, text ?? ""))
      .catch(() => send(response, 500, ""));
  };
}

/** Whether a request was sent to an address, or to this very machine: a page may have let any other name lead here. */
function namesAddress(host = ""): boolean {
  const [, name = ""] = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host) ?? [];
  return name.toLowerCase() === "localhost" || isIP(name.startsWith("[") ? name.slice(1, -1) : name) !== 0;
}

interface TokenWork {
  readonly instanceId: string;
  readonly now: number;
  readonly sign: (text: string) => string;
}

function giveToken(request: IncomingMessage, response: ServerResponse, { instanceId, now, sign }: TokenWork): void {
  if (request.method !== "PUT") return send(response, 405, "");
  // As on AWS, requests that a proxy forwards are refused; so are those of a page in a browser.
  if ("x-forwarded-for" in request.headers || "origin" in request.headers) return send(response, 403, "");
  const seconds = Number(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]);
  if (!(seconds >= 1 && seconds <= tokenSecondsMax)) return send(response, 400, "");
  const end = String(now + seconds * 1000);
  response.setHeader("x-aws-ec2-metadata-token-ttl-seconds", String(seconds));
  send(response, 200, `${end}.${sign(`${instanceId} ${end}`)}`);
}

function holds({ headers }: IncomingMessage, { instanceId, now, sign }: TokenWork): boolean {
  const [end = "", signature] = String(headers["x-aws-ec2-metadata-token"] ?? "").split(".");
  return Number(end) > now && signature === sign(`${instanceId} ${end}`);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

async function answer(
  options: MetadataOptions,
  record: InstanceRecord,
  { url = "/" }: IncomingMessage,
): Promise<string | undefined> {
  const path = withoutSlashes(url.split("?", 1)[0] ?? "");
  const leaves = documents(options, record);
  const leaf = Object.hasOwn(leaves, path) ? leaves[path] : undefined;
  if (leaf !== undefined) return leaf();
  const below = Object.keys(leaves)
    .filter((name) => name.startsWith(`${path}/`))
    .map((name) => name.slice(path.length + 1));
  // A folder lists its entries, folders with a slash.
  const names = [...new Set(below.map((name) => (name.includes("/") ? `${name.split("/")[0]}/` : name)))];
  return names.length === 0 ? undefined : names.join("\n");
}

type Documents = Readonly<Record<string, () => string | Promise<string | undefined>>>;

function documents(options: MetadataOptions, record: InstanceRecord): Partial<Documents> {
  const { region, accountId } = options;
  const { id, privateIp, imageId, instanceType, availabilityZone, userData, tags } = record;
  const meta = "/latest/meta-data";
  const target = options.targetLifecycleState(id);
  return withoutUndefined({
    [`${meta}/autoscaling/target-lifecycle-state`]: target === undefined ? undefined : () => target,
    [`${meta}/ami-id`]: () => imageId,
    [`${meta}/hostname`]: () => hostnameOf(privateIp),
    [`${meta}/instance-id`]: () => id,
    [`${meta}/instance-type`]: () => instanceType,
    [`${meta}/local-hostname`]: () => hostnameOf(privateIp),
    [`${meta}/local-ipv4`]: () => privateIp,
    [`${meta}/placement/availability-zone`]: () => availabilityZone,
    [`${meta}/placement/region`]: () => region,
    [`${meta}/security-groups`]: () => "default",
    [`${meta}/services/domain`]: () => "amazonaws.com",
    [`${meta}/services/partition`]: () => "aws",
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`${meta}/tags/instance/${Key}`, () => Value])),
    ...profileDocuments(options, record),
    "/latest/dynamic/instance-identity/document": () =>
      JSON.stringify({
        accountId,
        architecture: process.arch === "arm64" ? "arm64" : "x86_64",
        availabilityZone,
        imageId,
        instanceId: id,
        instanceType,
        pendingTime: timestamp(record.launchedAt),
        privateIp,
        region,
        version: "2017-09-30",
      }),
    "/latest/user-data": userData === undefined ? undefined : () => Buffer.from(userData, "base64").toString("utf8"),
    [`${meta}/network/interfaces/macs/02:00:00:00:00:01/vpc-id`]: () => vpc.id,
  });
}

/** The instance's profile, and credentials of its role when it has one. */
function profileDocuments(
  { keys, profiles, region, accountId, clock }: MetadataOptions,
  record: InstanceRecord,
): Documents {
  const { id, instanceProfile } = record;
  const profile = instanceProfile === undefined ? defaultProfile(accountId) : profileOfInstance(profiles, record);
  if (profile === undefined) return {};
  const { roleName, roleId } = profile;
  const folder = "/latest/meta-data/iam";
  const info = () =>
    JSON.stringify({
      Code: "Success",
      LastUpdated: timestamp(clock()),
      InstanceProfileArn: profile.arn,
      InstanceProfileId: profile.id,
    });
  const credentials = async () => {
    const issued = await keys.issueForHost(
      `arn:aws:ec2:${region}:${accountId}:instance/${id}`,
      `arn:aws:sts::${accountId}:assumed-role/${roleName}/${id}`,
      roleId,
    );
    return JSON.stringify({
      Code: "Success",
      LastUpdated: timestamp(clock()),
      Type: "AWS-HMAC",
      AccessKeyId: issued.accessKeyId,
      SecretAccessKey: issued.secretAccessKey,
      Token: issued.sessionToken,
      Expiration: issued.expiresAt === undefined ? undefined : timestamp(issued.expiresAt),
    });
  };
  if (roleName === undefined) return { [`${folder}/info`]: info };
  return { [`${folder}/info`]: info, [`${folder}/security-credentials/${roleName}`]: credentials };
}

const timestamp = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+/, "");
