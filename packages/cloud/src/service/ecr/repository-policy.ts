import {
  type Call,
  contextOf,
  evaluateTrust,
  parsePolicy,
  type PolicyDocument,
  principalArnOf,
  resourceTags,
} from "@sluice/aws-protocol";
import { type Account, type Repository, repositoryArn } from "./repository.ts";

/** The longest policy, in characters: ECR's own limit. */
export const policyLengthMax = 10_240;

/** What a repository's own policy says of something that somebody would do. */
export interface PolicyVerdict {
  /** It denies it. */
  readonly isDenied: boolean;
  /** It names the caller and allows it. Unlike AWS: `*` and the account's root leave it to the caller's own policies. */
  readonly isOpen: boolean;
}

/** Judges somebody by a repository's own policy. */
export function judge(
  context: Account,
  { name, tags, policy }: Repository,
  { action, call }: { readonly action: string; readonly call: Call },
): PolicyVerdict {
  if (policy === undefined) return { isDenied: false, isOpen: false };
  const { principal } = call;
  const { accountId, service } = principal;
  const arns = [principal.arn, principalArnOf(principal)];
  const ownId = principal.userId.split(":")[0]; // behind a colon stands the name of a role's session
  const known = arns.filter((arn) => policy.principalIds[arn] === ownId);
  const asked = {
    name: action,
    resource: repositoryArn(context, name),
    context: contextOf(call, resourceTags(tags, "ecr:ResourceTag")),
  };
  const document = documentOf(policy.text);
  const says = (who: readonly string[]) =>
    evaluateTrust(document, { accountId, arns: who, ...(service && { service }) }, asked);
  return { isDenied: says(arns) === "explicitly denied", isOpen: says(known) === "trusted" };
}

/** Reads a repository's policy. Throws MalformedPolicy. */
export const documentOf = (text: string): PolicyDocument => parsePolicy(text, "trust"); // neither names resources: it is clear which one is meant
