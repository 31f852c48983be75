import { printableLines } from "@sluice/aws-protocol/printable";
import type { RunningServer } from "@sluice/server";
import { certificateOf } from "../../certificates.ts";
import type { Configuration } from "../../config.ts";

/** Uses the certificate that is there now; the former one stays in force when that cannot be used. */
export function reload(
  server: Pick<RunningServer, "replaceCertificate">,
  configuration: Configuration,
  clock: () => number,
): void {
  try {
    const certificate = certificateOf(configuration, clock);
    if (certificate === undefined) return console.log("Nothing to reload: the port speaks no HTTPS");
    server.replaceCertificate(certificate);
    console.log("Reloaded the certificate");
  } catch (error) {
    console.error(printableLines(`Cannot reload the certificate, and keep the former one: ${messageOf(error)}`));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
