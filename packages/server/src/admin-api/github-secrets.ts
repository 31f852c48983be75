import { Fault } from "@sluice/aws-protocol";
import { quotas } from "../limits.ts";
import type { Store } from "../store/index.ts";
import type { Identities } from "../identity/identities.ts";

/** A token: GitHub's have 40 to 255 characters. It becomes an HTTP header on hosts. */
const tokenPattern = /^[\x21-\x7e]{1,255}$/;

/** The owner of repositories at GitHub. CodeDeploy's own operations allow a little more. */
const namePattern = /^[\w.-]{1,100}$/;

/** Whether a text can be the name of a token. */
export const isTokenName = (text: string): boolean => namePattern.test(text);

const sealName = (name: string) => `the GitHub token ${name}`;

/** A token for an owner's repositories, and the applications whose hosts may fetch with it. */
export interface GitHubToken {
  readonly tokenName: string;
  readonly token: string;
  readonly applicationNames: readonly string[];
}

/** Keeps a token for the repositories of an owner: sealed, in place of an earlier one. */
export async function keepToken(
  { store, identities }: { readonly store: Store; readonly identities: Identities },
  { tokenName: name, token, applicationNames }: GitHubToken,
): Promise<void> {
  if (!isTokenName(name))
    throw new Fault(
      "InvalidGitHubAccountTokenNameException",
      `"${name.slice(0, 100)}" is no name of an owner of repositories at GitHub: it may have letters, digits, ".", "_" and "-"`,
    );
  // What was found is not repeated: it may be the token, with something before or behind it.
  if (!tokenPattern.test(token))
    throw new Fault("ValidationException", "A token is 1 to 255 printable characters without spaces");
  if (applicationNames.length === 0 || applicationNames.length > quotas.applications)
    throw new Fault(
      "ValidationException",
      `A token names the applications that it is for, 1 to ${quotas.applications}, and ${applicationNames.length} are given`,
    );
  await store.write(() => {
    // By their ids: an application that gets the name of a deleted one does not get its token.
    const applications = [...new Set(applicationNames)].map((application) => applicationId(store, application));
    const earlier = store.githubTokens.byName(name)?.name;
    if (earlier === undefined && store.githubTokens.names().length >= quotas.githubTokens)
      throw new Fault("LimitExceededException", `More than ${quotas.githubTokens} GitHub tokens are not allowed`);
    if (earlier !== undefined) store.githubTokens.remove(earlier);
    const sealed = identities.vault.seal(token, sealName(name)).toString("base64");
    store.githubTokens.put({ name, sealed, applications });
  });
}

function applicationId({ applications }: Store, name: string): string {
  const application = applications.byName(name);
  if (application !== undefined) return application.id;
  throw new Fault("ApplicationDoesNotExistException", `No application found for name: ${name.slice(0, 100)}`);
}

/** What policies call a token. */
export const tokenArn = (
  { region, accountId }: { readonly region: string; readonly accountId: string },
  name: string,
): string => `arn:aws:sluice:${region}:${accountId}:github-token/${name}`;

/** Tells those tokens themselves, by repository and the id of an application. */
export function tokensOf({ store, identities }: { readonly store: Store; readonly identities: Identities }) {
  return (repository: string, id: string): string | undefined => {
    const kept = store.githubTokens.keptFor(repository, id);
    return kept && identities.vault.open(Buffer.from(kept.sealed, "base64"), sealName(kept.name));
  };
}
