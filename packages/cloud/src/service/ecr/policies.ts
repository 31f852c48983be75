import { Fault, MalformedPolicy } from "@sluice/aws-protocol";
import { type EcrContext, type EcrOperations, invalidParameter, repositoryOf } from "./context.ts";
import type { Repository, RepositoryPolicy } from "./repository.ts";
import { documentOf, policyLengthMax } from "./repository-policy.ts";

/** Operations on repositories' own policies. */
export const policyOperations: EcrOperations = {
  SetRepositoryPolicy(context, { repositoryName, registryId, policyText: text = "" }) {
    const repository = repositoryOf(context, { repositoryName, registryId });
    const policy = { text, principalIds: principalIdsOf(context, text) };
    context.repositories.put(repository.name, { ...repository, policy });
    return shown(context, repository, policy);
  },

  GetRepositoryPolicy(context, { repositoryName, registryId }) {
    const repository = repositoryOf(context, { repositoryName, registryId });
    return shown(context, repository, policyOf(context, repository));
  },

  DeleteRepositoryPolicy(context, { repositoryName, registryId }) {
    const repository = repositoryOf(context, { repositoryName, registryId });
    const policy = policyOf(context, repository);
    context.repositories.put(repository.name, { ...repository, policy: undefined });
    return shown(context, repository, policy);
  },
};

/** The ids of those whom a policy names. A Fault when it cannot be read, or when it names somebody of this account whom there is not. */
function principalIdsOf({ uniqueIdOf, accountId }: EcrContext, text: string): Readonly<Record<string, string>> {
  if (text.length > policyLengthMax)
    throw invalidParameter("policyText", `must have at most ${policyLengthMax} characters`);
  const arns = named(text).filter((arn) => arn.startsWith(`arn:aws:iam::${accountId}:`) && !arn.endsWith(":root"));
  return Object.fromEntries(
    arns.map((arn) => {
      const id = uniqueIdOf(arn);
      if (id === undefined) throw invalidPolicy(`Principal '${arn.slice(0, 200)}' not found`);
      return [arn, id];
    }),
  );
}

function named(text: string): readonly string[] {
  try {
    return documentOf(text).statements.flatMap(({ principals }) => principals?.aws ?? []);
  } catch (error) {
    if (error instanceof MalformedPolicy) throw invalidPolicy(error.message);
    throw error;
  }
}

const invalidPolicy = (why: string): Fault =>
  new Fault(
    "InvalidParameterException",
    `Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided': ${why}`,
  );

function policyOf({ accountId }: EcrContext, { name, policy }: Repository): RepositoryPolicy {
  if (policy !== undefined) return policy;
  throw new Fault(
    "RepositoryPolicyNotFoundException",
    `Repository policy does not exist for the repository with name '${name}' in the registry with id '${accountId}'`,
  );
}

const shown = ({ accountId }: EcrContext, { name }: Repository, { text }: RepositoryPolicy) => ({
  registryId: accountId,
  repositoryName: name,
  policyText: text,
});
