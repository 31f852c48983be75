import { Fault } from "@sluice/aws-protocol";
import { quotas } from "../choices.ts";
import type { Store } from "../store/index.ts";
import type { Identities } from "./identities.ts";

/** Longest token, in characters: GitHub's have 40 to 255. It becomes an HTTP header on hosts. */
const tokenPattern = /^[\x21-\x7e]{1,255}$/;

/** Somebody who owns repositories at GitHub. CodeDeploy's own operations allow a little more. */
const namePattern = /^[\w.-]{1,100}$/;

const sealName = (name: string) => `the GitHub token ${name}`;

/** Keeps a token for the repositories of an owner: sealed, in place of an earlier one. */
export async function keepToken(
  { store, identities }: { readonly store: Store; readonly identities: Identities },
  { tokenName: name, token }: { readonly tokenName: string; readonly token: string },
): Promise<void> {
  if (!namePattern.test(name))
    throw new Fault(
      "InvalidGitHubAccountTokenNameException",
      `"${name.slice(0, 100)}" is no name of an owner of repositories at GitHub: letters, digits, ".", "_" and "-" are wanted`,
    );
  // What was found is not repeated: it may be the token, with something before or behind it.
  if (!tokenPattern.test(token))
    throw new Fault("ValidationException", "A token is 1 to 255 printable characters without spaces");
  await store.write(() => {
    const earlier = store.githubTokens.sealedOf(name)?.name;
    if (earlier === undefined && store.githubTokens.names().length >= quotas.githubTokens)
      throw new Fault("LimitExceededException", `More than ${quotas.githubTokens} GitHub tokens are not allowed`);
    if (earlier !== undefined) store.githubTokens.remove(earlier);
    store.githubTokens.put(name, identities.vault.seal(token, sealName(name)).toString("base64"));
  });
}

/** The token with which hosts fetch from a repository: the one that is named as its owner; undefined when it is read as anybody may. */
export function tokenFor(
  { store, identities }: { readonly store: Store; readonly identities: Identities },
  repository: string,
): string | undefined {
  const [owner = ""] = repository.split("/");
  const kept = store.githubTokens.sealedOf(owner);
  return kept && identities.vault.open(Buffer.from(kept.sealed, "base64"), sealName(kept.name));
}
