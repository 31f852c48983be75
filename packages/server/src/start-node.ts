import type { HttpsOptions } from "@sluice/aws-protocol";
import { defectLog } from "./defect-log.ts";
import { administratorKey, type KeyPair } from "./identity/administrator.ts";
import { openLog } from "./log.ts";
import type { NodeOptions } from "./node-options.ts";
import { openScriptLogs } from "./store/script-logs.ts";
import { NodeServer } from "./node-server.ts";
import { House } from "./nodes/house.ts";
import { PostgresJournal } from "./nodes/postgres/postgres-journal.ts";
import { openSigningKey } from "./specification/signing-key.ts";
import { openDatabase } from "./store/database.ts";

/** A node that listens. */
export interface RunningNode {
  readonly url: string;
  readonly port: number;
  readonly administrator: KeyPair;
  /** Uses another certificate for the handshakes that come. Throws when the port speaks no HTTPS, or when it is none. */
  replaceCertificate(tls: HttpsOptions): void;
  /** Lets another node write, and ends. */
  close(): Promise<void>;
}

/** Opens a node of several, and listens. Throws one clear sentence when it cannot. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { dataFolder, database, keyFile, clock } = options;
  const lock = openDatabase(dataFolder, "node.sqlite", { schema: "" }); // no other process may use the folder
  const log = openLog(options.logLevel);
  let journal: PostgresJournal | undefined;
  try {
    journal = await PostgresJournal.open(database);
    const makeSecrets = async () => {
      administratorKey(dataFolder);
      await openSigningKey(dataFolder);
      options.makeSecrets?.();
    };
    const house = await House.open({ dataFolder, keyFile, journal, makeSecrets });
    const replica = await house.openReplica();
    house.unsealSecrets(replica);
    const onDefect = defectLog(log, clock);
    const scriptLogs = openScriptLogs(dataFolder, { bytesMax: options.scriptLogBytesMax, onDefect });
    const running = new NodeServer(options, { journal, house, log, onDefect, replica, scriptLogs });
    await running.listen();
    return {
      url: running.url,
      port: running.port,
      administrator: administratorKey(dataFolder),
      replaceCertificate: (tls) => running.replaceCertificate(tls),
      async close() {
        await running.close();
        lock.close();
      },
    };
  } catch (error) {
    await journal?.close();
    lock.close();
    throw error;
  }
}
