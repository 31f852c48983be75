import { inspect } from "node:util";
import { printableLines } from "@sluice/aws-protocol";

/** How often a full disk is spoken of, in milliseconds: every request meets it. */
const againMilliseconds = 60_000;

/** Prints an error: a defect with its stack, a full disk in one line and at most once a minute, as it is nobody's defect and every request meets it. */
export function defectLog(clock: () => number): (error: unknown, about: string) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (error, about) => {
    if (!isOutOfRoom(error)) return console.error(printableLines(`Request ${about} met a defect: ${inspect(error)}`));
    if (clock() - saidAt < againMilliseconds) return;
    saidAt = clock();
    console.error("The local cloud cannot write to the data folder: its disk is full. Make room, and work goes on");
  };
}

/** SQLite's number for a full disk. */
const sqliteFull = 13;

function isOutOfRoom(error: unknown): boolean {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }; // only compared
  return error instanceof Error && (code === "ENOSPC" || errcode === sqliteFull);
}
