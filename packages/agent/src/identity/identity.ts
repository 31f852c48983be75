import type { SigningCredentials } from "@sluice/aws-protocol/signature-v4";
import type { Configuration } from "../config.ts";
import { InstanceMetadata } from "./instance-metadata.ts";
import { readOnPremises } from "./on-premises.ts";

/** How this host identifies itself to the control plane, and the credentials that it signs with. */
export interface Identity {
  readonly hostIdentifier: string;
  readonly region: string;
  readonly credentials: () => Promise<SigningCredentials>;
}

/** Finds the identity of this host: in the on-premises file, else in the environment, else in the instance metadata (agent.md §0.2). Throws when none of them has it. */
export async function findIdentity(configuration: Configuration, environment: NodeJS.ProcessEnv): Promise<Identity> {
  const onPremises = readOnPremises(configuration.onPremisesConfigFile);
  if (onPremises !== undefined) return { ...onPremises, credentials: async () => onPremises.credentials() };

  const { AWS_REGION, AWS_HOST_IDENTIFIER, AWS_ACCESS_KEY, AWS_SECRET_KEY } = environment;
  const fixed =
    AWS_ACCESS_KEY && AWS_SECRET_KEY ? { accessKeyId: AWS_ACCESS_KEY, secretAccessKey: AWS_SECRET_KEY } : undefined;
  const metadata = new InstanceMetadata({
    endpoint: environment.AWS_EC2_METADATA_SERVICE_ENDPOINT || undefined,
    disableV1: configuration.disableImdsV1,
  });
  const credentials = fixed === undefined ? roleCredentials(metadata) : async () => fixed;
  if (AWS_REGION && AWS_HOST_IDENTIFIER)
    return { hostIdentifier: AWS_HOST_IDENTIFIER, region: AWS_REGION, credentials };

  const found = await describeInstance(metadata);
  return {
    hostIdentifier: AWS_HOST_IDENTIFIER || found.hostIdentifier,
    region: AWS_REGION || found.region,
    credentials,
  };
}

async function describeInstance(metadata: InstanceMetadata): Promise<{ hostIdentifier: string; region: string }> {
  const document = JSON.parse((await metadata.get("/latest/dynamic/instance-identity/document")) ?? "{}") as Readonly<
    Record<string, unknown>
  >; // checked below
  const { region, accountId, instanceId } = document;
  if (typeof region !== "string" || typeof accountId !== "string" || typeof instanceId !== "string")
    throw new Error("Cannot tell who this instance is: its identity document has no region, accountId or instanceId");
  const partition = (await metadata.get("/latest/meta-data/services/partition")) ?? "aws";
  return { region, hostIdentifier: `arn:${partition}:ec2:${region}:${accountId}:instance/${instanceId}` };
}

/** How long before they expire credentials are renewed, in milliseconds. */
const renewMilliseconds = 5 * 60_000;

function roleCredentials(metadata: InstanceMetadata): () => Promise<SigningCredentials> {
  let cached: { credentials: SigningCredentials; until: number } | undefined;
  return async () => {
    if (cached !== undefined && Date.now() < cached.until) return cached.credentials;
    const path = "/latest/meta-data/iam/security-credentials/";
    const role = (await metadata.get(path))?.split("\n")[0]?.trim();
    if (!role)
      throw new Error("Missing credentials - please check if this instance was started with an IAM instance profile");
    const document = JSON.parse((await metadata.get(path + role)) ?? "{}") as Readonly<Record<string, unknown>>; // checked below
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = document;
    if (typeof AccessKeyId !== "string" || typeof SecretAccessKey !== "string")
      throw new Error(`Cannot read the credentials of role "${role}" from the instance metadata`);
    const end = typeof Expiration === "string" ? Date.parse(Expiration) : Number.NaN;
    const credentials = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: typeof Token === "string" ? Token : undefined,
    };
    cached = { credentials, until: Number.isNaN(end) ? Date.now() + renewMilliseconds : end - renewMilliseconds };
    return credentials;
  };
}
