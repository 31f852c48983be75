import { Fault } from "@sluice/aws-protocol";

/** Characters of a filter pattern: CloudWatch's own limit. */
const lengthMax = 1_024;

/** Returns a test for messages by CloudWatch's filter syntax for text: `a b` needs both, `?a ?b` one of them, `-a` excludes, quotes hold words together. */
export function filterPattern(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? "";
  if (text === "") return () => true;
  if (/^[{[%]/.test(text))
    throw new Fault(
      "InvalidParameterException",
      `Invalid filter pattern: "${text.slice(0, 80)}"; patterns for JSON, for columns and regular expressions are not served here, terms are`,
    );
  if (text.length > lengthMax)
    throw new Fault("InvalidParameterException", `A filter pattern has at most ${lengthMax} characters`);
  const terms = termsOf(text);
  const required = terms.filter(({ sign }) => sign === "");
  const optional = terms.filter(({ sign }) => sign === "?");
  const excluded = terms.filter(({ sign }) => sign === "-");
  return (message) => {
    const has = (term: { readonly text: string }) => message.includes(term.text);
    return required.every(has) && (optional.length === 0 || optional.some(has)) && !excluded.some(has);
  };
}

interface Term {
  readonly sign: string;
  readonly text: string;
}

/** Returns the terms of a pattern, each with its sign. */
function termsOf(pattern: string): readonly Term[] {
  const terms: Term[] = [];
  let at = 0;
  while (at < pattern.length) {
    if (pattern.charAt(at).trim() === "") {
      at += 1;
      continue;
    }
    const sign = /[?-]/.test(pattern.charAt(at)) ? pattern.charAt(at) : "";
    const start = at + sign.length;
    const end = pattern[start] === '"' ? closingQuote(pattern, start + 1) : -1;
    const isQuoted = end !== -1;
    at = isQuoted ? end + 1 : wordEnd(pattern, start);
    const text = isQuoted ? pattern.slice(start + 1, end).replaceAll(/\\(.)/g, "$1") : pattern.slice(start, at);
    terms.push(text === "" && !isQuoted ? { sign: "", text: sign } : { sign, text });
  }
  return terms;
}

/** Returns the position of the next quotation mark that is not escaped, or -1. */
function closingQuote(pattern: string, start: number): number {
  for (let at = start; at < pattern.length; at++)
    if (pattern[at] === "\\") at += 1;
    else if (pattern[at] === '"') return at;
  return -1;
}

function wordEnd(pattern: string, start: number): number {
  const blank = pattern.slice(start).search(/\s/);
  return blank === -1 ? pattern.length : start + blank;
}
