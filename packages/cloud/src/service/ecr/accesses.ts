import {
  type Access,
  type AccessTable,
  type Call,
  requestTags,
  resourceTags,
  type Tags,
  withTags,
} from "@sluice/aws-protocol";
import type { EcrContext } from "./context.ts";
import { repositoryArn } from "./repository.ts";
import { judge } from "./repository-policy.ts";
import { nameInArn } from "./tags.ts";

type Input = Readonly<Record<string, unknown>>;
type Context = Pick<EcrContext, "region" | "accountId" | "repositories">;

/** Something that somebody would do to a repository: its ARN, its tags for conditions, and what its own policy says. */
export function repositoryAccess(
  context: Context,
  name: string,
  { action, call }: { readonly action: string; readonly call: Call },
): Access {
  const repository = context.repositories.find(name);
  const verdict = repository === undefined ? {} : judge(context, repository, { action, call });
  const tags = resourceTags(repository?.tags, "ecr:ResourceTag");
  return { action, resource: repositoryArn(context, name), context: tags, ...verdict };
}

/** What each request to ECR touches (its service authorization reference). */
export function ecrAccesses(context: Context): AccessTable {
  const named = namedRows(context);
  return {
    GetAuthorizationToken: () => [{ resource: "*" }],
    CreateRepository({ repositoryName, tags }) {
      if (typeof repositoryName !== "string") return [];
      const said = requestTags((tags ?? []) as Tags); // decoded by the service's own table
      return withTags({ resource: repositoryArn(context, repositoryName), context: said }, "ecr:TagResource", tags);
    },
    DescribeRepositories({ repositoryNames }, call) {
      const names = (Array.isArray(repositoryNames) ? repositoryNames : []) as readonly string[]; // decoded by the service's own table
      if (names.length === 0) return [{ resource: repositoryArn(context, "*") }];
      return names.map((name) => repositoryAccess(context, name, { action: "ecr:DescribeRepositories", call }));
    },
    ...named,
    ...taggingRows(context),
  };
}

/** Operations that name one repository. */
const onOneRepository = [
  "BatchDeleteImage",
  "BatchGetImage",
  "DeleteRepository",
  "DeleteRepositoryPolicy",
  "DescribeImages",
  "GetRepositoryPolicy",
  "ListImages",
  "PutImage",
  "PutImageTagMutability",
  "SetRepositoryPolicy",
] as const;

const namedRows = (context: Context): AccessTable =>
  Object.fromEntries(
    onOneRepository.map((operation) => [
      operation,
      ({ repositoryName }: Input, call: Call) =>
        typeof repositoryName === "string"
          ? [repositoryAccess(context, repositoryName, { action: `ecr:${operation}`, call })]
          : [],
    ]),
  );

const taggingRows = (context: Context): AccessTable =>
  Object.fromEntries(
    ["TagResource", "UntagResource", "ListTagsForResource"].map((operation) => [
      operation,
      ({ resourceArn, tags, tagKeys }: Input, call: Call): readonly Access[] => {
        const name = nameInArn(typeof resourceArn === "string" ? resourceArn : undefined);
        if (name === undefined) return [];
        const access = repositoryAccess(context, name, { action: `ecr:${operation}`, call });
        const said = requestTags((tags ?? []) as Tags, (tagKeys ?? []) as readonly string[]); // decoded by the service's own table
        return [{ ...access, context: { ...access.context, ...said } }];
      },
    ]),
  );
