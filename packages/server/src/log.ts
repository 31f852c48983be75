import { printable } from "@sluice/aws-protocol";
import { type Logger, pino } from "pino";

/** How much is logged. */
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

/** Where log lines go. JSON escapes the ends of lines, but not everything that controls a terminal. */
const printableStream = (stream: { write(text: string): unknown }) => ({
  write: (line: string) => void stream.write(`${printable(line.trimEnd())}\n`),
});

/** Opens the log of a server, on standard error. */
export const openLog = (level: LogLevel): Logger => pino({ level }, printableStream(process.stderr));
