import type * as Ecr from "@aws-sdk/client-ecr";
import { type Call, Fault } from "@sluice/aws-protocol";
import { type EcrContext, type EcrOperations, invalidParameter, repositoryOf } from "./context.ts";
import { type Repository, repositoryArn } from "./repository.ts";
import { page } from "./page.ts";
import { registryHostOf } from "./registry-hosts.ts";
import { mergeTags } from "./tags.ts";

/** Operations on repositories. */
export const repositoryOperations: EcrOperations = {
  CreateRepository(context, input) {
    const { repositories, accountId, clock } = context;
    const { repositoryName: name = "", registryId = accountId, imageTagMutability: tagMutability = "MUTABLE" } = input;
    checkName(name);
    checkMutability(tagMutability);
    if (registryId !== accountId) throw invalidParameter("registryId", `must be '${accountId}'`);
    if ((input.encryptionConfiguration?.encryptionType ?? "AES256") !== "AES256")
      throw invalidParameter("encryptionConfiguration", "only AES256 is served here: there are no KMS keys");
    if (repositories.find(name) !== undefined)
      throw new Fault(
        "RepositoryAlreadyExistsException",
        `The repository with name '${name}' already exists in the registry with id '${accountId}'`,
      );
    const repository: Repository = {
      name,
      createdAt: clock(),
      tagMutability,
      scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
      tags: mergeTags([], input.tags ?? []),
    };
    repositories.put(name, repository);
    return { repository: describe(context, repository) };
  },

  DescribeRepositories(context, { repositoryNames, registryId = context.accountId, maxResults, nextToken }) {
    if (repositoryNames !== undefined && repositoryNames.length > 0) {
      const found = repositoryNames.map((repositoryName) => repositoryOf(context, { repositoryName, registryId }));
      return { repositories: found.map((one) => describe(context, one)) };
    }
    const all = registryId === context.accountId ? context.repositories.all() : [];
    const shown = page(all, { maxResults, nextToken }, ({ name }) => name);
    return { repositories: shown.items.map((one) => describe(context, one)), nextToken: shown.nextToken };
  },

  DeleteRepository(context, { repositoryName, registryId, force = false }) {
    const repository = repositoryOf(context, { repositoryName, registryId });
    const { db, repositories, blobs, accountId } = context;
    const { name } = repository;
    if (!force && db.get("SELECT 1 FROM image_manifests WHERE repository = ?", name) !== undefined)
      throw new Fault(
        "RepositoryNotEmptyException",
        `The repository with name '${name}' in registry with id '${accountId}' cannot be deleted because it still contains images`,
      );
    db.transaction(() => {
      db.run("DELETE FROM image_manifests WHERE repository = ?", name);
      repositories.delete(name);
      blobs.removeAll(name);
    });
    return { repository: describe(context, repository) };
  },

  PutImageTagMutability(context, { repositoryName, registryId, imageTagMutability = "MUTABLE" }) {
    const repository = repositoryOf(context, { repositoryName, registryId });
    checkMutability(imageTagMutability);
    context.repositories.put(repository.name, { ...repository, tagMutability: imageTagMutability });
    return { registryId: context.accountId, repositoryName: repository.name, imageTagMutability };
  },
};

/** ECR's rule: parts of lower-case letters and digits, joined by slashes and by single dots, hyphens and underscores. */
function checkName(name: string): void {
  const isNamed = name.split("/").every((part) => /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(part));
  if (name.length >= 2 && name.length <= 256 && isNamed) return;
  throw invalidParameter(
    "repositoryName",
    "must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*', and have 2 to 256 characters",
  );
}

function checkMutability(mutability: string): void {
  if (mutability !== "MUTABLE" && mutability !== "IMMUTABLE")
    throw invalidParameter("imageTagMutability", "must be MUTABLE or IMMUTABLE: filters of tags are not served here");
}

function describe(
  context: EcrContext & { readonly call: Call },
  { name, createdAt, tagMutability, scanOnPush }: Repository,
): Ecr.Repository {
  return {
    repositoryArn: repositoryArn(context, name),
    registryId: context.accountId,
    repositoryName: name,
    repositoryUri: `${registryHostOf(context, context.call.endpoint)}/${name}`,
    createdAt: new Date(createdAt),
    imageTagMutability: tagMutability,
    imageScanningConfiguration: { scanOnPush },
    encryptionConfiguration: { encryptionType: "AES256" },
  };
}
