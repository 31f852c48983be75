import type { RevisionLocation, S3Location } from "@aws-sdk/client-codedeploy";
import { isOver } from "@sluice/engine";
import type { Store } from "../store/index.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";

export interface SpecificationContext {
  readonly store: Store;
  /** The token with which an application's hosts fetch from a private repository. */
  readonly gitHubTokenFor: (repository: string, applicationId: string) => string | undefined;
  /** Returns the SHA-256 of a revision's bytes, in hex; undefined where it is not known here. */
  readonly revisionSha256?: ((location: S3Location) => Promise<string | undefined>) | undefined;
}

/** Unlike AWS: what binds a specification to one host and one question of it (docs/decisions/039). Other agents read past it. */
export interface Binding {
  readonly HostIdentifier: string;
  /** What the host has sent with its question: no answer from before has it. */
  readonly Nonce: string;
  /** What the host has still to run. */
  readonly LifecycleEvents: readonly string[];
  /** Of the revision that the host is to fetch, in hex; absent where it is not known. */
  readonly RevisionSha256?: string | undefined;
}

/** What a host must know of a deployment, as agents read it (agent.md §2). A token for GitHub is in it: it belongs in no log. */
export function specificationOf(
  { store, gitHubTokenFor }: Pick<SpecificationContext, "store" | "gitHubTokenFor">,
  record: DeploymentRecord,
  binding?: Binding,
): string {
  const { id, applicationId, groupId, request } = record;
  const { repository } = mayUseToken(record) ? (request.revision.gitHubLocation ?? {}) : {};
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
    Binding: binding,
  });
}

/**
 * A token is for the hosts of a deployment in progress. One that was stored later is not for a deployment that a user
 * has created without it; deployments that follow from others may use it.
 */
const mayUseToken = ({ state, request }: DeploymentRecord): boolean =>
  !isOver(state) && (request.creator !== "user" || request.usesGitHubToken === true);

function revisionOf({ s3Location: s3, gitHubLocation: git }: RevisionLocation): object {
  if (s3 !== undefined)
    return {
      RevisionType: "S3",
      S3Revision: { Bucket: s3.bucket, Key: s3.key, BundleType: s3.bundleType, Version: s3.version, ETag: s3.eTag },
    };
  const [Account, Repository] = git?.repository?.split("/") ?? [];
  return { RevisionType: "GitHub", GitHubRevision: { Account, Repository, CommitId: git?.commitId } };
}
