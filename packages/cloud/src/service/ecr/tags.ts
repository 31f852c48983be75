import type * as Ecr from "@aws-sdk/client-ecr";
import { Fault } from "@sluice/aws-protocol";
import { type EcrContext, type EcrOperations, invalidParameter, repositoryOf } from "./context.ts";
import type { Repository } from "./repository.ts";

/** Tags of one repository: ECR's own limit. */
const tagsMax = 50;

/** Operations on repositories' tags. */
export const tagOperations: EcrOperations = {
  TagResource(context, { resourceArn, tags = [] }) {
    const repository = ofArn(context, resourceArn);
    context.repositories.put(repository.name, { ...repository, tags: mergeTags(repository.tags, tags) });
  },

  UntagResource(context, { resourceArn, tagKeys = [] }) {
    const repository = ofArn(context, resourceArn);
    const tags = repository.tags.filter(({ Key = "" }) => !tagKeys.includes(Key));
    context.repositories.put(repository.name, { ...repository, tags });
  },

  ListTagsForResource: (context, { resourceArn }) => ({ tags: [...ofArn(context, resourceArn).tags] }),
};

/** The name of the repository that an ARN names. */
export const nameInArn = (arn = ""): string | undefined =>
  /^arn:aws[a-z-]*:ecr:[a-z0-9-]*:\d{12}:repository\/(.+)$/.exec(arn)?.[1];

function ofArn(context: EcrContext, arn: string | undefined): Repository {
  const repositoryName = nameInArn(arn);
  if (repositoryName === undefined) throw invalidParameter("resourceArn", "must be the ARN of a repository");
  return repositoryOf(context, { repositoryName });
}

/** Tags with further ones put over them. A Fault when one may not be, or when they are too many. */
export function mergeTags(tags: readonly Ecr.Tag[], more: readonly Ecr.Tag[]): readonly Ecr.Tag[] {
  for (const { Key = "", Value = "" } of more)
    if (Key === "" || Key.length > 128 || Value.length > 256 || Key.startsWith("aws:"))
      throw new Fault("InvalidTagParameterException", `The tag '${Key.slice(0, 128)}' is not valid`);
  const merged = new Map([...tags, ...more].map(({ Key = "", Value = "" }) => [Key, Value]));
  if (merged.size > tagsMax) throw new Fault("TooManyTagsException", `A repository has at most ${tagsMax} tags`);
  return [...merged].map(([Key, Value]) => ({ Key, Value }));
}
