import type { RequestListener } from "node:http";
import { createFrontDoor, createFrontDoorServer, type HttpsOptions, printable } from "@sluice/aws-protocol";
import { pino } from "pino";
import { type ControlPlane, type ControlPlaneOptions, openControlPlane } from "./control-plane.ts";
import { defectLog } from "./defect-log.ts";
import { closeListener, listen } from "./listening.ts";
import { openSigner } from "./specification/signer.ts";
import { openStore } from "./store/index.ts";

export interface ServerOptions extends ControlPlaneOptions {
  readonly dataFolder: string;
  /** How many events of the event log are kept; undefined: half a million. */
  readonly eventsMax?: number | undefined;
  /** 0 takes any free port. */
  readonly port: number;
  readonly hostname: string;
  /** With a certificate and its key, the port speaks HTTPS beside HTTP, or alone. */
  readonly tls?: HttpsOptions | undefined;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error";
  /** Serves what is no AWS request. */
  readonly fallback?: RequestListener | undefined;
}

/** A control plane that listens. */
export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** The front door, for further ways in. */
  readonly listener: RequestListener;
  readonly objectsFor: ControlPlane["objectsFor"];
  /** By what hosts know the key that specifications are signed with: the SHA-256 of the public key, in hex. */
  signerSha256(): Promise<string>;
  close(): Promise<void>;
}

/** Where log lines go. JSON escapes the ends of lines, but not everything that controls a terminal. */
const printableStream = (stream: { write(text: string): unknown }) => ({
  write: (line: string) => void stream.write(`${printable(line.trimEnd())}\n`),
});

/** Opens the store, continues what an earlier process left, and listens. Throws one clear sentence when it cannot. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { dataFolder, clock, identities, fallback } = options;
  const log = pino({ level: options.logLevel }, printableStream(process.stderr));
  const onDefect = defectLog(log, clock);
  const store = openStore(dataFolder, { eventsMax: options.eventsMax, onDefect });
  const own = { url: "" };
  const signer = openSigner(dataFolder, clock);
  const controlPlane = await openControlPlane(options, { store, signer, log, onDefect, own });
  const { services, keys } = controlPlane;
  const listener = createFrontDoor({ services, keys, clock, log: (line) => log.info(line, "request"), fallback });
  const server = createFrontDoorServer(listener, options.tls);
  const port = await listen(server, options).catch((error: unknown) => {
    store.close();
    throw error;
  });
  own.url = `${options.tls?.isRequired === true ? "https" : "http"}://${options.hostname}:${port}`;
  controlPlane.start();
  return {
    url: own.url,
    port,
    listener,
    objectsFor: (host) => controlPlane.objectsFor(host),
    signerSha256: signer.sha256,
    async close() {
      await controlPlane.stop();
      await closeListener(server);
      await controlPlane.close();
      store.close();
      identities.close();
    },
  };
}
