import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Store } from "../store/index.ts";
import type { DeploymentRecord } from "../store/deployments.ts";

/** What a host must know of a deployment, as agents read it (agent.md §2). */
export function specificationOf(store: Store, { id, applicationId, groupId, request }: DeploymentRecord): string {
  return JSON.stringify({
    ApplicationName: store.applications.byId(applicationId)?.name ?? "",
    DeploymentId: id,
    DeploymentGroupId: groupId,
    DeploymentGroupName: store.groups.byId(groupId)?.name ?? request.groupName,
    DeploymentCreator: request.creator,
    DeploymentType: request.deploymentStyle.deploymentType,
    AppSpecFilename: "appspec.yml",
    AgentActionOverrides: { AgentOverrides: { FileExistsBehavior: request.fileExistsBehavior } },
    Revision: revisionOf(request.revision),
    ReuseArchiveFromDeploymentId: request.restarts,
  });
}

function revisionOf({ s3Location: s3, gitHubLocation: git }: RevisionLocation): object {
  if (s3 !== undefined)
    return {
      RevisionType: "S3",
      S3Revision: { Bucket: s3.bucket, Key: s3.key, BundleType: s3.bundleType, Version: s3.version, ETag: s3.eTag },
    };
  const [Account, Repository] = git?.repository?.split("/") ?? [];
  return { RevisionType: "GitHub", GitHubRevision: { Account, Repository, CommitId: git?.commitId } };
}
