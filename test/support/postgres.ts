import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestContext } from "node:test";
import { eventually } from "./eventually.ts";
import { removeFolder } from "./remove-folder.ts";

const run = promisify(execFile);

/** Where Debian has the programs of each version. */
const debianFolder = "/usr/lib/postgresql";

/** The user as whom PostgreSQL runs when this process is root, which it refuses: nobody. */
const nobody = 65_534;

function programs(): string | undefined {
  if (!existsSync(debianFolder)) return undefined;
  const newest = readdirSync(debianFolder)
    .filter((version) => existsSync(join(debianFolder, version, "bin", "initdb")))
    .toSorted((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(debianFolder, newest, "bin");
}

/** Why a test that needs PostgreSQL cannot run on this machine; false when it can. For `skip`. */
export const whyNoPostgres: string | false = programs() === undefined ? "PostgreSQL is not on this machine" : false;

/** A PostgreSQL of its own, which keeps what it has acknowledged when it is killed, but not when the machine is: on 127.0.0.1, in a folder of its own; ended and removed after the test. */
export class Postgres {
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-postgres-"));
  #port = 0;
  #server: ChildProcess | undefined;
  #databases = 0;

  static async open(t: Pick<TestContext, "after">): Promise<Postgres> {
    const postgres = new Postgres();
    t.after(() => postgres.#remove());
    await postgres.#make();
    await postgres.start();
    return postgres;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#port;
  }

  /** The URL of a database. */
  url(database = "postgres"): string {
    return `postgres://sluice@127.0.0.1:${this.#port}/${database}`;
  }

  /** Makes a database, and returns its URL. */
  async database(): Promise<string> {
    const name = `house${(this.#databases += 1)}`;
    await this.run(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** Runs a statement with psql; returns what it prints. */
  async run(sql: string, database = "postgres"): Promise<string> {
    const words = ["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", this.url(database), "-c", sql];
    return (await run(join(programs() ?? "", "psql"), words)).stdout.trim();
  }

  /** Starts it on the port that it had; resolves when it takes connections. */
  async start(): Promise<void> {
    const [command = "", ...words] = this.#asUser(
      "postgres",
      "-D",
      join(this.#folder, "data"),
      "-p",
      String(this.#port),
    );
    this.#server = spawn(command, words, { stdio: "ignore", cwd: this.#folder });
    await eventually("PostgreSQL takes connections", () =>
      this.run("SELECT 1").then(
        () => true,
        () => undefined,
      ),
    );
  }

  /** Ends it, as a crash does: `immediate`. */
  async stop(mode: "immediate" | "fast" = "immediate"): Promise<void> {
    const server = this.#server;
    if (server?.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.kill(mode === "immediate" ? "SIGQUIT" : "SIGINT");
    await gone;
  }

  async #make(): Promise<void> {
    chmodSync(this.#folder, 0o700);
    if (process.getuid?.() === 0) chownSync(this.#folder, nobody, nobody);
    this.#port = await freePort();
    const [command = "", ...words] = this.#asUser(
      "initdb",
      ...["-D", join(this.#folder, "data"), "-U", "sluice", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
    );
    await run(command, words, { cwd: this.#folder });
    await run("sh", [
      "-c",
      `printf '%s\\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" "max_connections = 60" "shared_buffers = 32MB" "fsync = off" >> "$1"`,
      "sh",
      join(this.#folder, "data", "postgresql.conf"),
    ]);
  }

  #asUser(program: string, ...words: readonly string[]): readonly string[] {
    const command = [join(programs() ?? "", program), ...words];
    if (process.getuid?.() !== 0) return command;
    return ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", "--", ...command];
  }

  async #remove(): Promise<void> {
    await this.stop();
    removeFolder(this.#folder);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await new Promise((resolve) => server.close(resolve));
  return port;
}
