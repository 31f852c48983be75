import { Duplex } from "node:stream";
import { Client } from "pg";

/** How long a connection and a statement may take, in milliseconds: more, and the database counts as away. */
const connectMilliseconds = 3_000;
const statementMilliseconds = 5_000;

/** How long the end of a connection may take, in milliseconds. */
const endMilliseconds = 1_000;

/** The oldest PostgreSQL that is known to do, by its version number. */
const versionMin = 130_000;

/** A row as `pg` gives it; the statement says of which columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs a statement, and returns its rows and how many it has changed. */
export type Query = (
  sql: string,
  values?: readonly unknown[],
) => Promise<{ readonly rows: readonly Row[]; readonly count: number }>;

/**
 * One connection to PostgreSQL, opened when it is needed, and again after it was lost. Statements have no names and no
 * settings outlive a transaction, so that it may go through a pooler of transactions.
 */
export class PostgresConnection {
  readonly #url: string;
  #client: Promise<Client> | undefined;
  /** The work before: a connection does one thing at a time. */
  #before: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** Runs one statement. Rejects with PostgreSQL's error, or with one that leaves open what has happened. */
  readonly query: Query = async (sql, values = []) => this.#with((client) => run(client, sql, values));

  /** Runs statements in one transaction, which is rolled back when the work throws. */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result> {
    return this.#with(async (client) => {
      await client.query("BEGIN");
      try {
        const result = await work((sql, values = []) => run(client, sql, values));
        await client.query("COMMIT");
        return result;
      } catch (cause) {
        await client.query("ROLLBACK");
        throw cause;
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const client = await this.#client?.catch(() => undefined);
    if (client !== undefined) await end(client);
  }

  #with<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const result = this.#before.then(() => this.#connected(work));
    this.#before = result.catch(() => undefined);
    return result;
  }

  async #connected<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new Error("The connection to the database was closed");
    this.#client ??= this.#open();
    const opening = this.#client;
    try {
      return await work(await opening);
    } catch (cause) {
      if (!isAboutStatement(cause)) this.#drop(opening);
      throw cause;
    }
  }

  #open(): Promise<Client> {
    const client = new Client({
      connectionString: this.#url,
      application_name: "sluice",
      connectionTimeoutMillis: connectMilliseconds,
      query_timeout: statementMilliseconds,
      keepAlive: true,
    });
    client.on("error", () => this.#drop(opening));
    const opening = client.connect().then(
      () => client,
      (cause: unknown) => {
        throw new Error(`Cannot reach the database ${withoutPassword(this.#url)}: ${reason(cause)}`, { cause });
      },
    );
    return opening;
  }

  /** Gives a connection up: what was sent over it may or may not have happened. */
  #drop(opening: Promise<Client>): void {
    if (this.#client === opening) this.#client = undefined;
    void opening.then(
      (client) => end(client),
      () => undefined,
    );
  }
}

/** Ends a connection; one over which nothing comes any more is cut. */
async function end(client: Client): Promise<void> {
  const patience = setTimeout(() => cut(client), endMilliseconds);
  await client.end().catch(() => undefined); // it was lost already
  clearTimeout(patience);
}

/** `pg` has no way to end a connection without asking the other side: this is its socket. */
function cut(client: Client): void {
  const connection: unknown = Reflect.get(client, "connection");
  const stream: unknown = typeof connection === "object" && connection !== null && Reflect.get(connection, "stream");
  if (stream instanceof Duplex) stream.destroy();
}

async function run(client: Client, sql: string, values: readonly unknown[]) {
  const { rows, rowCount } = await client.query<Record<string, unknown>>(sql, [...values]);
  return { rows, count: rowCount ?? 0 };
}

/** Throws one clear sentence unless the database is one that does. */
export async function checkVersion(query: Query, url: string): Promise<void> {
  const { rows } = await query(
    "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name",
  );
  const [{ number, name } = {}] = rows;
  if (Number(number) < versionMin)
    throw new Error(
      `Cannot use the database ${withoutPassword(url)}: it is PostgreSQL ${String(name)}, and 13 or later is needed`,
    );
}

/** A database's URL as it may be shown. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return "of the setting";
  const { hostname, port, username, pathname } = new URL(url);
  return `postgres://${username === "" ? "" : `${username}@`}${hostname}${port === "" ? "" : `:${port}`}${pathname}`;
}

/** PostgreSQL's code of an error; undefined when it is not PostgreSQL's. */
export function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string") return undefined;
  return /^[0-9A-Z]{5}$/.test(cause.code) ? cause.code : undefined;
}

/** Whether an error is about a statement, so that the connection can go on. Those of classes 08, 57 and 58 are about more than that. */
function isAboutStatement(cause: unknown): boolean {
  const code = codeOf(cause);
  return code !== undefined && !/^(08|57|58|XX)/.test(code);
}

function reason(cause: unknown): string {
  const message =
    cause instanceof AggregateError ? String(cause.errors[0]) : cause instanceof Error ? cause.message : String(cause);
  const code = codeOf(cause);
  if (code === "3D000") return `${message}. Create it with: createdb NAME`;
  if (code?.startsWith("28") === true) return `${message}. The user and the password must be those of PostgreSQL`;
  return message;
}
