import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { bundle } from "../bundle.ts";
import { clientOptions, type Endpoint } from "../endpoint.ts";

/** What to deploy, and where to. The only application and its only group need not be named. */
export interface DeployRequest {
  readonly folder: string;
  readonly application?: string | undefined;
  readonly group?: string | undefined;
  readonly bucket?: string | undefined;
  readonly deploymentConfigName?: string | undefined;
  readonly description?: string | undefined;
  readonly fileExistsBehavior?: "DISALLOW" | "OVERWRITE" | "RETAIN" | undefined;
}

/** The bucket for revisions when none is named. */
const defaultBucket = "sluice-revisions";

/** Bundles a folder, uploads it and creates the deployment. Returns its id. */
export async function deploy(client: CodeDeployClient, endpoint: Endpoint, request: DeployRequest): Promise<string> {
  const { CreateDeploymentCommand } = await import("@aws-sdk/client-codedeploy");
  const applicationName = request.application ?? (await onlyApplication(client));
  const deploymentGroupName = request.group ?? (await onlyGroup(client, applicationName));
  const s3Location = await upload(endpoint, request.bucket ?? defaultBucket, request.folder);
  const { deploymentId } = await client.send(
    new CreateDeploymentCommand({
      applicationName,
      deploymentGroupName,
      revision: { revisionType: "S3", s3Location },
      deploymentConfigName: request.deploymentConfigName,
      description: request.description,
      fileExistsBehavior: request.fileExistsBehavior,
    }),
  );
  if (deploymentId === undefined) throw new Error("Cannot deploy: the answer of CreateDeployment has no deploymentId");
  return deploymentId;
}

async function upload(endpoint: Endpoint, bucket: string, folder: string) {
  const { CreateBucketCommand, PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const body = await bundle(folder);
  // Named by its content: the same folder is the same revision, and an old deployment's object is never written over.
  const key = `${basename(resolve(folder))}-${createHash("sha256").update(body).digest("hex").slice(0, 12)}.tgz`;
  const client = new S3Client({ ...clientOptions(endpoint), forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket })).catch((error: Error) => {
      if (error.name !== "BucketAlreadyOwnedByYou") throw error;
    });
    const { ETag = "" } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    return { bucket, key, bundleType: "tgz" as const, eTag: ETag.replaceAll('"', "") };
  } finally {
    client.destroy();
  }
}

async function onlyApplication(client: CodeDeployClient): Promise<string> {
  const { ListApplicationsCommand } = await import("@aws-sdk/client-codedeploy");
  const { applications = [] } = await client.send(new ListApplicationsCommand({}));
  return only("application", "--application", applications);
}

async function onlyGroup(client: CodeDeployClient, applicationName: string): Promise<string> {
  const { ListDeploymentGroupsCommand } = await import("@aws-sdk/client-codedeploy");
  const { deploymentGroups = [] } = await client.send(new ListDeploymentGroupsCommand({ applicationName }));
  return only("deployment group", "--group", deploymentGroups);
}

function only(kind: string, flag: string, names: readonly string[]): string {
  const [name, ...others] = names;
  if (name !== undefined && others.length === 0) return name;
  const found = name === undefined ? "there is none" : `there are ${names.join(", ")}`;
  throw new Error(`Cannot choose the ${kind}: ${found}; name one with ${flag}`);
}
