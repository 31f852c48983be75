import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Revision } from "../contract.ts";
import { revisionIdentity } from "../../store/index.ts";

/** How many characters of a hash tell it from others. */
const hashLength = 7;

/** A revision for people, by the fields that are listed here: contents of AppSpec files are no part of it. */
export function revisionView(location: RevisionLocation): Revision {
  const { s3Location: s3, gitHubLocation: git, appSpecContent, string } = location;
  const common = { id: revisionIdentity(location) };
  if (s3 !== undefined) {
    const { bucket = "", key = "", version, eTag, bundleType } = s3;
    const which = version === undefined ? eTag?.replaceAll('"', "") : version;
    const short = key.split("/").at(-1) ?? key;
    return {
      ...common,
      short: version === undefined ? short : `${short}@${version.slice(0, hashLength)}`,
      text: `s3://${bucket}/${key}${which === undefined ? "" : ` (${version === undefined ? "eTag" : "version"} ${which})`}`,
      location: { revisionType: "S3", s3Location: { bucket, key, version, eTag, bundleType } },
    };
  }
  if (git !== undefined) {
    const { repository = "", commitId = "" } = git;
    return {
      ...common,
      short: commitId.slice(0, hashLength),
      text: `github.com/${repository}@${commitId}`,
      location: { revisionType: "GitHub", gitHubLocation: { repository, commitId } },
    };
  }
  const sha256 = (appSpecContent ?? string)?.sha256 ?? "";
  return {
    ...common,
    short: `appspec ${sha256.slice(0, hashLength)}`,
    text: `AppSpec file with SHA-256 ${sha256}`,
    location: {
      revisionType: location.revisionType,
      ...(appSpecContent === undefined ? { string: { sha256 } } : { appSpecContent: { sha256 } }),
    },
  };
}

/** A revision of which only the identity is remembered, such as that on a host. Undefined for what is no identity. */
export function revisionOfIdentity(identity: string): Revision | undefined {
  const location = locationOf(identity);
  return location === undefined ? undefined : { ...revisionView(location), id: identity };
}

/** Reads an identity that `revisionIdentity` has written, or that a page has sent back. */
export function locationOf(identity: string): RevisionLocation | undefined {
  const [type, ...fields] = partsOf(identity);
  const [first, second, third, fourth, fifth] = fields.map((field) => (typeof field === "string" ? field : undefined));
  if (type === "S3" && first !== undefined && second !== undefined)
    return {
      revisionType: "S3",
      s3Location: {
        bucket: first,
        key: second,
        bundleType: third as "zip" | undefined, // as it was stored
        version: fourth === "" ? undefined : fourth,
        eTag: fifth === "" ? undefined : fifth,
      },
    };
  if (type === "GitHub" && first !== undefined && second !== undefined)
    return { revisionType: "GitHub", gitHubLocation: { repository: first, commitId: second } };
  if (type === "String" && first !== undefined) return { revisionType: "String", string: { sha256: first } };
  if (type === "AppSpecContent" && first !== undefined)
    return { revisionType: "AppSpecContent", appSpecContent: { sha256: first } };
  return undefined;
}

function partsOf(identity: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(identity);
    return Array.isArray(parts) ? parts : [];
  } catch {
    return []; // somebody else's text
  }
}
