import type * as Ecr from "@aws-sdk/client-ecr";

/** Where a repository is. */
export interface Account {
  readonly region: string;
  readonly accountId: string;
}

/** A repository as it is kept. */
export interface Repository {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly tagMutability: Ecr.ImageTagMutability;
  /** Kept because clients read it back. Nothing is scanned here, and nothing says that it was. */
  readonly scanOnPush: boolean;
  readonly tags: readonly Ecr.Tag[];
  readonly policy?: RepositoryPolicy | undefined;
}

/** The ARN of a repository. */
export const repositoryArn = ({ region, accountId }: Account, name: string): string =>
  `arn:aws:ecr:${region}:${accountId}:repository/${name}`;

/** A repository's own policy. */
export interface RepositoryPolicy {
  /** As it was given. */
  readonly text: string;
  /** The unique ids of the users and roles that it names, by their ARNs: who gets such a name later is not meant. */
  readonly principalIds: Readonly<Record<string, string>>;
}
