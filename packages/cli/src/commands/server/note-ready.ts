import type { RunningServer } from "@sluice/server";
import type { certificateOf } from "../../certificates.ts";
import type { Configuration } from "../../config.ts";
import { noteRunning } from "../../running.ts";

/** A server that listens, with the administrator's key and the certificate of its port. */
export interface ReadyServer {
  readonly server: Pick<RunningServer, "url" | "metricsUrl">;
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly certificate: ReturnType<typeof certificateOf>;
}

/** The URL by which this machine's own programs reach a server that listens on all addresses: no certificate names those. */
const onThisMachine = (url: string) => url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");

/** Records for other commands, and prints, that a server is there. */
export function noteReady({ dataFolder, region }: Configuration, { server, key, certificate }: ReadyServer): void {
  const { url } = server;
  noteRunning(dataFolder, { url: onThisMachine(url), region, ...key, caBundle: certificate?.caBundle });
  const isAlone = certificate?.isRequired === true;
  const trusted = certificate?.caBundle === undefined ? "" : `, for clients that trust ${certificate.caBundle}`;
  console.log(`ready on ${url}${isAlone ? trusted : ""}`);
  if (certificate !== undefined && !isAlone) console.log(`and on ${url.replace(/^http:/, "https:")}${trusted}`);
  if (server.metricsUrl !== undefined) console.log(`metrics on ${server.metricsUrl}`);
}
