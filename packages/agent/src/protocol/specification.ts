import { signedContent } from "./signed-content.ts";

/** What a deployment asks of this host (agent.md §2). */
export interface Specification {
  readonly deploymentId: string;
  readonly deploymentGroupId: string;
  readonly deploymentGroupName: string;
  readonly applicationName: string;
  readonly deploymentCreator: string;
  readonly deploymentType: string;
  readonly appSpecFilename: string;
  readonly fileExistsBehavior: string;
  readonly revision: S3Revision;
}

/** A bundle in S3. */
export interface S3Revision {
  readonly bucket: string;
  readonly key: string;
  readonly bundleType: "tar" | "tgz" | "zip";
  readonly version?: string;
  readonly eTag?: string;
}

/** Opens the envelope of a specification and reads it. Throws the official agent's sentences. */
export function readSpecification(
  { format, payload }: { format: string; payload: string },
  trustedSigner?: string,
): Specification {
  if (format !== "PKCS7/JSON") throw new Error(`Unsupported DeploymentSpecification format: ${format}`);
  return specificationOf(JSON.parse(signedContent(payload, trustedSigner)));
}

type Fields = Readonly<Record<string, unknown>>;

function specificationOf(value: unknown): Specification {
  if (!isFields(value)) throw new Error("Provided deployment spec was nil");
  const overrides = fieldsAt(fieldsAt(value, "AgentActionOverrides"), "AgentOverrides");
  return {
    deploymentId: deploymentIdOf(need(value, "DeploymentId")),
    deploymentGroupId: folderName(need(value, "DeploymentGroupId"), "DeploymentGroupId"),
    deploymentGroupName: need(value, "DeploymentGroupName"),
    applicationName: need(value, "ApplicationName"),
    deploymentCreator: textAt(value, "DeploymentCreator") ?? "user",
    deploymentType: textAt(value, "DeploymentType") ?? "IN_PLACE",
    appSpecFilename: textAt(value, "AppSpecFilename") ?? "appspec.yml",
    fileExistsBehavior: (textAt(overrides, "FileExistsBehavior") ?? "DISALLOW").toUpperCase(),
    revision: revisionOf(fieldsAt(value, "Revision")),
  };
}

function need(value: Fields, key: string): string {
  const text = textAt(value, key);
  if (text === undefined) throw new Error(`Deployment Spec has no ${key}`);
  return text;
}

/** An ARN's last part is the id. */
function deploymentIdOf(text: string): string {
  return folderName(text.startsWith("arn:") ? (text.split(":")[5]?.split("/")[1] ?? "") : text, "DeploymentId");
}

/** Ids become folders on this host: they must be names. */
function folderName(text: string, key: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(text))
    throw new Error(`Deployment Spec has an invalid ${key}: ${JSON.stringify(text.slice(0, 200))}`);
  return text;
}

function revisionOf(revision: Fields | undefined): S3Revision {
  if (revision === undefined) throw new Error("Must specify a revison");
  const type = textAt(revision, "RevisionType");
  if (type === undefined) throw new Error("Must specify a revision source");
  if (type !== "S3")
    throw new Error(`Cannot download a revision of type "${type}": this agent reads revisions from S3`);
  const s3 = fieldsAt(revision, "S3Revision");
  const [bucket, key, bundleType, version, eTag] = ["Bucket", "Key", "BundleType", "Version", "ETag"].map((name) =>
    textAt(s3, name),
  );
  if (bucket === undefined || key === undefined || bundleType === undefined)
    throw new Error("S3Revision in Deployment Spec must specify Bucket, Key and BundleType");
  if (bundleType !== "tar" && bundleType !== "tgz" && bundleType !== "zip")
    throw new Error("BundleType in S3Revision must be tar, tgz or zip");
  return {
    bucket,
    key,
    bundleType,
    ...(version === undefined ? {} : { version }),
    ...(eTag === undefined ? {} : { eTag }),
  };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fieldsAt(value: Fields | undefined, key: string): Fields | undefined {
  const found = value?.[key];
  return isFields(found) ? found : undefined;
}

/** Set means present, not null and not empty. */
function textAt(value: Fields | undefined, key: string): string | undefined {
  const found = value?.[key];
  return typeof found === "string" && found !== "" ? found : undefined;
}
