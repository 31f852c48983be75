import { Fault } from "@sluice/aws-protocol";

/** A test for messages after CloudWatch's filter syntax for text: `a b` wants both, `?a ?b` one of them, `-a` none, quotes hold words together. */
export function filterPattern(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? "";
  if (text === "") return () => true;
  if (/^[{[%]/.test(text))
    throw new Fault(
      "InvalidParameterException",
      `Invalid filter pattern: "${text.slice(0, 80)}"; patterns for JSON, for columns and regular expressions are not served here, terms are`,
    );
  const terms = [...text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, quoted, word]) => ({
    sign,
    text: quoted?.replaceAll(/\\(.)/g, "$1") ?? word ?? "",
  }));
  const required = terms.filter(({ sign }) => sign === "");
  const optional = terms.filter(({ sign }) => sign === "?");
  const excluded = terms.filter(({ sign }) => sign === "-");
  return (message) => {
    const has = (term: { readonly text: string }) => message.includes(term.text);
    return required.every(has) && (optional.length === 0 || optional.some(has)) && !excluded.some(has);
  };
}
