import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import { fault } from "../faults.ts";

const bundleTypes = ["tar", "tgz", "zip"];

/** Checks that a revision names what its type needs (api.md §3.6), and gives it back without anything else. */
export function checkRevision({
  revisionType,
  s3Location,
  gitHubLocation,
  ...others
}: RevisionLocation = {}): RevisionLocation {
  const refuse = (wanted: string) => fault("InvalidRevision", `The revision is not valid: ${wanted}`);
  if (others.string !== undefined || others.appSpecContent !== undefined)
    throw refuse("inline AppSpec files are for Lambda and ECS applications");
  switch (revisionType) {
    case "S3": {
      const { bucket = "", key = "", bundleType = "tar" } = s3Location ?? {};
      if (gitHubLocation !== undefined || bucket === "" || key === "")
        throw refuse('revisionType "S3" needs s3Location with bucket and key, and nothing else');
      if (!bundleTypes.includes(bundleType))
        throw refuse(`bundleType is "${bundleType}", and one of ${bundleTypes.join(", ")} is wanted`);
      return { revisionType, s3Location: { ...s3Location, bundleType } };
    }
    case "GitHub": {
      const { repository = "", commitId = "" } = gitHubLocation ?? {};
      if (s3Location !== undefined || !/^[^/]+\/[^/]+$/.test(repository) || !/^[0-9a-f]{40}$/.test(commitId))
        throw refuse(
          'revisionType "GitHub" needs gitHubLocation with repository ("owner/name") and a commitId of 40 hexadecimal digits, and nothing else',
        );
      return { revisionType, gitHubLocation: { repository, commitId } };
    }
    default:
      throw refuse(`revisionType is "${revisionType ?? ""}", and "S3" or "GitHub" is wanted`);
  }
}
