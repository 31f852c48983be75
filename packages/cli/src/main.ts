import { printable, printableLines } from "@sluice/aws-protocol/printable";
import { program } from "./program.ts";

try {
  await program.parseAsync();
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}

/** One line: what failed, and why as far as it is known. */
function explain(error: unknown): string {
  const reasons: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    reasons.push(
      "code" in cause && cause.code === "ENOSPC"
        ? "Cannot write a file: no space left on the disk. Make room and try again"
        : printableLines(cause.message),
    );
  return `sluice: ${reasons.join(": ") || printable(String(error))}`;
}
