import type { Database } from "./database.ts";

/** A token for GitHub, sealed. */
export interface KeptToken {
  readonly name: string;
  readonly sealed: string;
  /** Ids of the applications that it is for; absent on one that an earlier version has kept: all. */
  readonly applications?: readonly string[] | undefined;
}

interface Row {
  readonly name: string;
  readonly token: string;
  readonly applications: string | null;
}

const fromRow = ({ name, token, applications }: Row): KeptToken => ({
  name,
  sealed: token,
  applications: applications === null ? undefined : (JSON.parse(applications) as string[]), // written by `put`
});

/** Tokens for GitHub by name. The public API lists and deletes them; they come in by another way (api.md §2.11). */
export function githubTokens(db: Database) {
  return {
    names: (): readonly string[] =>
      db.all<{ name: string }>("SELECT name FROM github_tokens ORDER BY name").map(({ name }) => name),
    /** The token of a name; upper and lower case are the same, as in GitHub's names. */
    byName(name: string): KeptToken | undefined {
      const row = db.get<Row>("SELECT * FROM github_tokens WHERE name = ? COLLATE NOCASE", name);
      return row && fromRow(row);
    },
    /**
     * Returns the token with which an application's hosts download from a repository: the one that is named as its
     * owner, if it is for that application. Undefined when the repository is read anonymously.
     */
    keptFor(repository: string, applicationId: string): KeptToken | undefined {
      const [owner = ""] = repository.split("/");
      const token = this.byName(owner);
      // Tokens of earlier versions are for every application.
      return token?.applications === undefined || token.applications.includes(applicationId) ? token : undefined;
    },
    put: ({ name, sealed, applications }: KeptToken): number =>
      db.run(
        "INSERT OR REPLACE INTO github_tokens VALUES (?, ?, ?)",
        name,
        sealed,
        applications === undefined ? null : JSON.stringify(applications),
      ),
    remove: (name: string): number => db.run("DELETE FROM github_tokens WHERE name = ?", name),
  };
}
