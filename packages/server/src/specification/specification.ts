import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Store } from "../store/index.ts";
import type { DeploymentRecord } from "../store/deployments.ts";

/** Where what a specification says comes from. */
export interface Sources {
  readonly store: Store;
  /** The token with which an application's hosts fetch from a private repository. */
  readonly gitHubTokenFor: (repository: string, applicationId: string) => string | undefined;
}

/** What a host must know of a deployment, as agents read it (agent.md §2). A token for GitHub is in it: it belongs in no log. */
export function specificationOf(
  { store, gitHubTokenFor }: Sources,
  { id, applicationId, groupId, request }: DeploymentRecord,
): string {
  const repository = request.revision.gitHubLocation?.repository;
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
    GitHubAccessToken: repository === undefined ? undefined : gitHubTokenFor(repository, applicationId),
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
