import { fault } from "../faults.ts";
import type { CodeDeployOperations } from "./context.ts";
import { page } from "./pagination.ts";

/** The operations on GitHub tokens (api.md §2.11). No operation creates one, and none shows one. */
export const githubTokenOperations = {
  ListGitHubAccountTokenNames({ store }, { nextToken }) {
    const { items, nextToken: token } = page(store.githubTokens.names(), nextToken, ["github tokens"]);
    return { tokenNameList: items, nextToken: token };
  },

  async DeleteGitHubAccountToken({ store }, { tokenName = "" }) {
    await store.write(() => {
      if (store.githubTokens.remove(tokenName) === 0)
        throw fault("GitHubAccountTokenDoesNotExist", `No GitHub account token found for name: ${tokenName}`);
    });
    return { tokenName };
  },
} satisfies CodeDeployOperations;
