import type * as Ecr from "@aws-sdk/client-ecr";
import { Fault, type Operations } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import type { Records } from "../../store/records.ts";
import type { BlobLinks } from "./blob-links.ts";
import type { ContentStore } from "./content-store.ts";
import type { RegistryTokens } from "./registry-tokens.ts";
import type { Repository } from "./repository.ts";

/** What ECR's operations and its registry work with. */
export interface EcrContext {
  readonly db: CloudDatabase;
  readonly repositories: Records<Repository>;
  readonly store: ContentStore;
  readonly blobs: BlobLinks;
  readonly tokens: RegistryTokens;
  /** When an access key ends by itself, in milliseconds since the epoch; undefined when it does not. */
  readonly keyExpiresAt: (accessKeyId: string) => number | undefined;
  /** The unique id of the user or role that an ARN names now. */
  readonly uniqueIdOf: (arn: string) => string | undefined;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Some of ECR's operations. */
export type EcrOperations = Partial<Operations<typeof Ecr, EcrContext>>;

/** The repository of a name; a Fault when there is none, or when another account's registry is asked for. */
export function repositoryOf(
  { repositories, accountId }: Pick<EcrContext, "repositories" | "accountId">,
  {
    repositoryName = "",
    registryId = accountId,
  }: { repositoryName?: string | undefined; registryId?: string | undefined },
): Repository {
  const found = registryId === accountId ? repositories.find(repositoryName) : undefined;
  if (found === undefined)
    throw new Fault(
      "RepositoryNotFoundException",
      `The repository with name '${repositoryName.slice(0, 256)}' does not exist in the registry with id '${registryId.slice(0, 12)}'`,
    );
  return found;
}

/** Bad input, in ECR's words. */
export const invalidParameter = (member: string, constraint: string): Fault =>
  new Fault(
    "InvalidParameterException",
    `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
  );
