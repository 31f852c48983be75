/** The source of a deployment's revision (agent.md §2). */
export type Revision = S3Revision | GitHubRevision | LocalRevision;

/** A bundle in S3. */
export interface S3Revision {
  readonly type: "S3";
  readonly bucket: string;
  readonly key: string;
  readonly bundleType: ArchiveType;
  readonly version?: string | undefined;
  readonly eTag?: string | undefined;
}

/** A commit of a repository. */
export interface GitHubRevision {
  readonly type: "GitHub";
  readonly account: string;
  readonly repository: string;
  readonly commitId: string;
  readonly bundleType: "tar" | "zip";
  /** Without one the repository must be public. */
  readonly token?: string | undefined;
}

/** A file or folder of this host. */
export interface LocalRevision {
  readonly type: "Local File" | "Local Directory";
  readonly location: string;
  readonly bundleType: ArchiveType | "directory";
}

/** The formats of an archive. */
export type ArchiveType = "tar" | "tgz" | "zip";

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads the revision of a specification. Throws the official agent's sentences, including their mistakes. */
export function readRevision(specification: Fields): Revision {
  const revision = fieldsAt(specification, "Revision");
  if (revision === undefined) throw new Error("Must specify a revison");
  const type = textAt(revision, "RevisionType");
  switch (type) {
    case undefined:
      throw new Error("Must specify a revision source");
    case "S3":
      return s3Revision(fieldsAt(revision, "S3Revision"));
    case "GitHub":
      return gitHubRevision(fieldsAt(revision, "GitHubRevision"), textAt(specification, "GitHubAccessToken"));
    case "Local File":
    case "Local Directory":
      return localRevision(type, fieldsAt(revision, "LocalRevision"));
    default:
      throw new Error("Exactly one of S3Revision, GitHubRevision, or LocalRevision must be specified");
  }
}

function s3Revision(s3: Fields | undefined): S3Revision {
  const [bucket, key, bundleType, version, eTag] = texts(s3, ["Bucket", "Key", "BundleType", "Version", "ETag"]);
  if (bucket === undefined || key === undefined || bundleType === undefined)
    throw new Error("S3Revision in Deployment Spec must specify Bucket, Key and BundleType");
  if (!isArchiveType(bundleType)) throw new Error("BundleType in S3Revision must be tar, tgz or zip");
  return {
    type: "S3",
    bucket,
    key,
    bundleType,
    version,
    eTag,
  };
}

function gitHubRevision(gitHub: Fields | undefined, token: string | undefined): GitHubRevision {
  const [account, repository, commitId, bundleType = "tar"] = texts(gitHub, [
    "Account",
    "Repository",
    "CommitId",
    "BundleType",
  ]);
  const needsToken = gitHub?.Anonymous === false && textAt(gitHub, "OAuthToken") === undefined;
  if (account === undefined || repository === undefined || commitId === undefined || needsToken)
    throw new Error("GitHubRevision in Deployment Spec must specify Account, Repository and CommitId");
  if (bundleType !== "tar" && bundleType !== "zip")
    throw new Error(`GitHub revision specified with bundle_type other than zip or tar [bundle_type=${bundleType}]`);
  return {
    type: "GitHub",
    account,
    repository,
    commitId,
    bundleType,
    token,
  };
}

function localRevision(type: LocalRevision["type"], local: Fields | undefined): LocalRevision {
  const [location, bundleType] = texts(local, ["Location", "BundleType"]);
  if (location === undefined || bundleType === undefined)
    throw new Error("LocalRevision in Deployment Spec must specify Location and BundleType");
  if (bundleType !== "directory" && !isArchiveType(bundleType))
    throw new Error("BundleType in LocalRevision must be tar, tgz, zip, or directory");
  return { type, location, bundleType };
}

const isArchiveType = (type: string): type is ArchiveType => type === "tar" || type === "tgz" || type === "zip";

const texts = (fields: Fields | undefined, keys: readonly string[]): readonly (string | undefined)[] =>
  keys.map((key) => textAt(fields, key));

/** Whether a value is a JSON object. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the object at a key. */
export function fieldsAt(value: Fields | undefined, key: string): Fields | undefined {
  const found = value?.[key];
  return isFields(found) ? found : undefined;
}

/** Returns the text at a key; undefined when it is missing, null or empty. */
export function textAt(value: Fields | undefined, key: string): string | undefined {
  const found = value?.[key];
  return typeof found === "string" && found !== "" ? found : undefined;
}
