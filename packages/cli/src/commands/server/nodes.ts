import { printable } from "@sluice/aws-protocol/printable";
import { listNodes } from "@sluice/server";
import type { Configuration } from "../../config.ts";

/** After how long without a word a node counts as silent, in milliseconds. */
const silentMilliseconds = 7_000;

/** Prints who writes and who follows. Returns 0 when one writes and all that are not silent have kept up, else 1. */
export async function nodes({ database }: Configuration, print: (line: string) => void): Promise<number> {
  if (database === undefined)
    throw new Error("Cannot list nodes: name their database with --database or SLUICE_DATABASE, as for sluice server");
  const { nodes: all, newest, writer } = await listNodes(database);
  if (all.length === 0) print("No node has used this database yet");
  for (const { address, version, role, sequence, since, age } of all) {
    const isSilent = age > silentMilliseconds;
    const behind = Math.max(0, newest - sequence);
    const does = isSilent
      ? `silent for ${seconds(age)}`
      : address === writer
        ? "writes"
        : role === "writes"
          ? "follows"
          : role;
    const far = isSilent || address === writer ? "" : `, ${behind === 0 ? "up to date" : `${behind} entries behind`}`;
    print(
      printable(`${address.padEnd(32)} ${does}${far}, since ${new Date(since).toISOString()}, version ${version}`, 300),
    );
  }
  if (writer === undefined) print("Nobody writes at this moment");
  return writer === undefined ? 1 : 0;
}

const seconds = (milliseconds: number) => `${Math.max(0, Math.round(milliseconds / 1000))} s`;
