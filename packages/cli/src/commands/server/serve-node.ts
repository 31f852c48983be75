import { version } from "@sluice/aws-protocol/version";
import { Authority } from "@sluice/cloud";
import { startNode } from "@sluice/server";
import { certificateOf } from "../../certificates.ts";
import type { Configuration } from "../../config.ts";
import { openDataFolder } from "../../data-folder.ts";
import { forgetRunning } from "../../running.ts";
import { noteReady } from "./note-ready.ts";
import { reload } from "./reload.ts";
import { pages, serverOptions } from "./server-options.ts";
import { signalled } from "./signals.ts";

/**
 * Starts one of several control planes that share a database, and stays up until a signal ends it. One of them writes;
 * the others answer too, and take over when it is gone.
 */
export async function serveNode(configuration: Configuration, database: string, account: string): Promise<void> {
  const { dataFolder, port, hostname, keyFile, advertise, insecureNodes } = configuration;
  if (advertise === undefined && (hostname === "0.0.0.0" || hostname === "::"))
    throw new Error(
      `Cannot tell the other nodes where this one is: it listens on ${hostname}. Name an address that they reach with --advertise https://ADDRESS:${port}`,
    );
  if (configuration.metrics !== undefined)
    throw new Error("Cannot serve metrics of a node with --database yet: leave --metrics out, and see sluice nodes");
  openDataFolder(dataFolder);
  const clock = () => Date.now();
  const certificate = () => certificateOf(configuration, clock);
  const node = await startNode({
    ...serverOptions(configuration),
    ...{ database, keyFile, advertise, insecureNodes, clock, version },
    accountId: account,
    ec2: "aws",
    makeSecrets: () => void Authority.open(dataFolder, clock),
    certificate: () => {
      const found = certificate();
      return found === undefined ? undefined : { ...found, authority: found.authority };
    },
    fallback: (identities) => pages(configuration, { identities, clock, authority: certificate()?.authority }),
  });
  noteReady(configuration, {
    server: { url: node.url, metricsUrl: undefined },
    key: node.administrator,
    certificate: certificate(),
  });
  try {
    console.log(`\nStopping: ${await signalled(() => reload(node, configuration, clock))}`);
  } finally {
    forgetRunning(dataFolder);
    await node.close();
  }
}
