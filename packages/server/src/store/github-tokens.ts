import type { Database } from "./database.ts";

/** Tokens for GitHub by name. The public API lists and deletes them; they come in by another way (api.md §2.11). */
export function githubTokens(db: Database) {
  return {
    names: (): readonly string[] =>
      db.all<{ name: string }>("SELECT name FROM github_tokens ORDER BY name").map(({ name }) => name),
    /** The token itself, for whoever fetches a private revision. It belongs in no log and no answer. */
    secretOf: (name: string): string | undefined =>
      db.get<{ token: string }>("SELECT token FROM github_tokens WHERE name = ?", name)?.token,
    put: (name: string, token: string): number =>
      db.run("INSERT OR REPLACE INTO github_tokens VALUES (?, ?)", name, token),
    remove: (name: string): number => db.run("DELETE FROM github_tokens WHERE name = ?", name),
  };
}
