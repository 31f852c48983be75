import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import { revisionIdentity } from "../store/index.ts";

/** How many characters of a digest a person compares. */
const digestCharacters = 7;

/**
 * Returns a revision as people name it: `s3://bucket/key`, with version or ETag where it has one, `owner/repository@commit`,
 * or the digest of an AppSpec file. What two revisions differ in is in it.
 */
export const revisionInWords = (location: RevisionLocation): string => identityInWords(revisionIdentity(location));

/** The same for the identity of a revision, as the store keeps it. */
export function identityInWords(identity: string): string {
  const [kind, ...parts] = JSON.parse(identity) as readonly (string | null)[]; // written by `revisionIdentity`
  const [first, second, , version, eTag] = parts.map((part) => part ?? "");
  if (kind === "S3") {
    const object = `s3://${first}/${second}`;
    if (version) return `${object}?versionId=${version}`;
    return eTag ? `${object} (ETag ${eTag.slice(0, digestCharacters)})` : object;
  }
  if (kind === "GitHub") return `${first}@${(second ?? "").slice(0, digestCharacters)}`;
  return `${kind === "AppSpecContent" ? "AppSpec file" : (kind ?? "revision")} ${(first ?? "").slice(0, digestCharacters)}`;
}
