import { createHash } from "node:crypto";
import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import { fault } from "../../faults.ts";
import type { Application } from "../../store/applications.ts";

type Platform = Application["computePlatform"];

/** Which revisions a platform deploys (deployments.md §1). */
const archives = ["tar", "tgz", "zip"];
const bundleTypes: Readonly<Record<Platform, readonly string[]>> = {
  Server: archives,
  Lambda: ["YAML", "JSON", "zip", "tgz"],
  ECS: ["YAML", "JSON", "zip", "tgz"],
};
const revisionTypes: Readonly<Record<Platform, readonly string[]>> = {
  Server: ["S3", "GitHub"],
  Lambda: ["S3", "String", "AppSpecContent"],
  ECS: ["S3", "String", "AppSpecContent"],
};

/** The longest inline AppSpec, in characters: a request may have a megabyte. */
const contentCharactersMax = 500_000;

const refuse = (wanted: string) => fault("InvalidRevision", `The revision is not valid: ${wanted}`);

/**
 * Checks that a revision has the members that its type needs (api.md §3.6), and returns it without any others. With
 * `ask`, the hash of an inline AppSpec is enough.
 */
export function checkRevision(
  given: RevisionLocation | undefined,
  platform: Platform,
  purpose: "make" | "ask" = "make",
): RevisionLocation {
  const { revisionType = "" } = given ?? {};
  if (given === undefined) throw fault("RevisionRequired", 'The member "revision" is missing or empty');
  const member = { S3: "s3Location", GitHub: "gitHubLocation", String: "string", AppSpecContent: "appSpecContent" };
  const wanted = Object.hasOwn(member, revisionType) ? member[revisionType as keyof typeof member] : undefined; // it has the name
  if (wanted === undefined || !revisionTypes[platform].includes(revisionType))
    throw refuse(
      `revisionType is "${revisionType.slice(0, 120)}", and for ${platform} it must be one of ${revisionTypes[platform].join(", ")}`,
    );
  const filled = Object.values(member).filter((name) => given[name as keyof RevisionLocation] !== undefined); // the names of its members
  if (filled.length !== 1 || filled[0] !== wanted)
    throw refuse(`revisionType "${revisionType}" requires ${wanted}, and nothing else`);
  switch (revisionType) {
    case "S3":
      return { revisionType, s3Location: checkS3(given.s3Location ?? {}, platform) };
    case "GitHub":
      return { revisionType, gitHubLocation: checkGitHub(given.gitHubLocation ?? {}) };
    case "String":
      return { revisionType, string: checkInline(given.string ?? {}, purpose) };
    default:
      return { revisionType: "AppSpecContent", appSpecContent: checkInline(given.appSpecContent ?? {}, purpose) };
  }
}

function checkS3(given: NonNullable<RevisionLocation["s3Location"]>, platform: Platform) {
  const { bucket = "", key = "", version, eTag } = given;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(bucket) || key === "" || Buffer.byteLength(key) > 1024)
    throw refuse('revisionType "S3" requires s3Location with a bucket and a key of up to 1024 bytes');
  const bundleType = given.bundleType ?? bundleTypeOf(key, platform);
  if (!bundleTypes[platform].includes(bundleType))
    throw refuse(
      `bundleType is "${bundleType.slice(0, 120)}", and for ${platform} it must be one of ${bundleTypes[platform].join(", ")}`,
    );
  if ((version ?? "").length > 1024 || (eTag ?? "").length > 200)
    throw refuse("a version may have up to 1024 characters, and an eTag up to 200");
  return {
    bucket,
    key,
    bundleType,
    version,
    eTag,
  };
}

/** The bundle types by the ending of a key. */
const endings = {
  ".zip": "zip",
  ".tar": "tar",
  ".tgz": "tgz",
  ".tar.gz": "tgz",
  ".yaml": "YAML",
  ".yml": "YAML",
  ".json": "JSON",
} as const;

/** The default type of a bundle, by its key's ending (inferred). */
function bundleTypeOf(key: string, platform: Platform) {
  const ending = Object.entries(endings).find(([ending]) => key.toLowerCase().endsWith(ending));
  if (ending !== undefined) return ending[1];
  throw refuse(
    `s3Location has no bundleType, and the key "${key.slice(-120)}" does not end like one: bundleType must be one of ${bundleTypes[platform].join(", ")}`,
  );
}

function checkGitHub({ repository = "", commitId = "" }: NonNullable<RevisionLocation["gitHubLocation"]>) {
  if (!/^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(repository) || !/^[0-9a-f]{40}$/i.test(commitId))
    throw refuse(
      'revisionType "GitHub" requires gitHubLocation with repository ("owner/name") and a commitId of 40 hexadecimal digits',
    );
  return { repository, commitId };
}

/** The hash of an inline AppSpec is computed when it is absent, and checked when it is given (inferred). */
function checkInline(
  { content, sha256 }: { content?: string | undefined; sha256?: string | undefined },
  purpose: "make" | "ask",
) {
  const hash = sha256?.toLowerCase();
  if (hash !== undefined && !/^[0-9a-f]{64}$/.test(hash)) throw refuse("sha256 must have 64 hexadecimal digits");
  if (content === undefined || content === "") {
    if (purpose === "ask" && hash !== undefined) return { sha256: hash };
    throw refuse("an inline AppSpec must have content");
  }
  if (content.length > contentCharactersMax)
    throw refuse(`an inline AppSpec may have up to ${contentCharactersMax} characters`);
  const actual = createHash("sha256").update(content).digest("hex");
  if (hash !== undefined && hash !== actual)
    throw refuse(`sha256 is "${hash}", but the hash of the content is "${actual}"`);
  return { content, sha256: actual };
}
