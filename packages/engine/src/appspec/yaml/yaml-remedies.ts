import type { Place } from "../findings.ts";

/** Returns how such a line is usually corrected; undefined if nothing is known. */
export function yamlRemedy(text: string, { line }: Place): string | undefined {
  const around = text.split("\n").slice(Math.max(0, line - 2), line);
  return remedies.find(({ sign }) => around.some((row) => sign.test(row)))?.remedy;
}

const remedies: readonly { sign: RegExp; remedy: string }[] = [
  { sign: /^ *\t/, remedy: "Indent with spaces: YAML allows no tabs there" },
  { sign: /[:\-[,]\s*\*/, remedy: 'Put quotes around a value that starts with *, as in "**"' },
  { sign: /\u00a0/, remedy: "Replace the non-breaking space by an ordinary one" },
  { sign: /^\s*(?:-\s*)?[A-Za-z_]+:\S/, remedy: "Put a space after the colon" },
  { sign: /"[^"\\]*\\[^"]*"/, remedy: "Use single quotes around a value with backslashes" },
  { sign: /^\s*(?:-\s*)?\w+:\s+[^"'\s].*:\s/, remedy: "Put quotes around a value that has a colon in it" },
];
