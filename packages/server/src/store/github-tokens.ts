import type { Database } from "./database.ts";

/** Tokens for GitHub by name. The public API lists and deletes them; they come in by another way (api.md §2.11). */
export function githubTokens(db: Database) {
  return {
    names: (): readonly string[] =>
      db.all<{ name: string }>("SELECT name FROM github_tokens ORDER BY name").map(({ name }) => name),
    /** The token of a name, sealed as it was put; upper and lower case are the same, as in GitHub's names. */
    sealedOf: (name: string): { readonly name: string; readonly sealed: string } | undefined =>
      db.get<{ name: string; sealed: string }>(
        "SELECT name, token AS sealed FROM github_tokens WHERE name = ? COLLATE NOCASE",
        name,
      ),
    put: (name: string, sealed: string): number =>
      db.run("INSERT OR REPLACE INTO github_tokens VALUES (?, ?)", name, sealed),
    remove: (name: string): number => db.run("DELETE FROM github_tokens WHERE name = ?", name),
  };
}
