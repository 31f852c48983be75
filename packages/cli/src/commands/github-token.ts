import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Endpoint } from "../endpoint.ts";
import { callSluice } from "../sluice-call.ts";

/** The owner of repositories, and the applications whose hosts may fetch them. */
export interface TokenRequest {
  readonly name: string;
  readonly applications: readonly string[];
}

/** Stores a token for GitHub, read from a stream: on a command line every user of this machine could read it. Returns a sentence about it. */
export async function keepGitHubToken(
  endpoint: Endpoint,
  { name: tokenName, applications }: TokenRequest,
  input: Readable,
): Promise<string> {
  const token = (await text(input)).trim();
  if (token === "") throw new Error("Cannot keep a GitHub token: standard input was empty; expected the token there");
  await callSluice(endpoint, "PutGitHubAccountToken", { tokenName, token, applicationNames: applications });
  return `Kept. Hosts of ${applications.join(", ")} fetch revisions of ${tokenName}'s repositories with it, for whoever may sluice:UseGitHubAccountToken. Forget it with: aws deploy delete-git-hub-account-token --token-name ${tokenName}`;
}
