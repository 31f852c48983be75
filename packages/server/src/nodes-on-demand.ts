import type { SeenNode } from "./nodes/journal.ts";
import type { MoveOptions } from "./nodes/move.ts";
import type { NodeOptions } from "./node-options.ts";
import type { RunningNode } from "./start-node.ts";

// Who has one node needs no PostgreSQL's client: it is loaded by those who ask for it.

/** Opens a node of several, and listens. Throws one clear sentence when it cannot. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  return (await import("./start-node.ts")).startNode(options);
}

/** Moves a data folder into an empty database. Returns the file with the key that all nodes need. */
export async function moveToDatabase(options: MoveOptions): Promise<string> {
  return (await import("./nodes/move.ts")).moveToDatabase(options);
}

/** Makes a data folder of what a database has now. Returns whether it is a copy, because a node writes. */
export async function moveToFolder(options: MoveOptions, folder: string): Promise<{ readonly isCopy: boolean }> {
  return (await import("./nodes/move.ts")).moveToFolder(options, folder);
}

/** What the nodes of a database have said of themselves, the one that writes first. */
export async function listNodes(database: string): Promise<{
  readonly nodes: readonly SeenNode[];
  /** The number of the last entry. */
  readonly newest: number;
  /** The address of the node that writes, if any does. */
  readonly writer: string | undefined;
}> {
  const { PostgresJournal } = await import("./nodes/postgres/postgres-journal.ts");
  const journal = await PostgresJournal.open(database);
  try {
    const [nodes, lease, newest] = await Promise.all([journal.nodes(), journal.lease(), journal.newest()]);
    const writer = lease === undefined || lease.isOver ? undefined : lease.address;
    return {
      nodes: nodes.toSorted((a, b) => Number(b.address === writer) - Number(a.address === writer)),
      newest,
      writer,
    };
  } finally {
    await journal.close();
  }
}
