import { ansiSpans } from "./ansi.ts";

/** A line with its colours; `found` marks what was searched for. Everything in it is text. */
export function AnsiText({ line, found = "" }: { readonly line: string; readonly found?: string }) {
  const spans = ansiSpans(line);
  return (
    <>
      {spans.map(({ text, look }, index) =>
        look === "" ? (
          <Marked key={index} text={text} found={found} />
        ) : (
          <span key={index} class={look}>
            <Marked text={text} found={found} />
          </span>
        ),
      )}
    </>
  );
}

function Marked({ text, found }: { readonly text: string; readonly found: string }) {
  const at = found === "" ? -1 : text.toLowerCase().indexOf(found.toLowerCase());
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + found.length)}</mark>
      {text.slice(at + found.length)}
    </>
  );
}

/** A line of the end of an output, as agents report it: where it was written to stands before it. */
export function OutputLine({ line }: { readonly line: string }) {
  const [prefix = ""] = /^\[(?:stdout|stderr)\]/.exec(line) ?? [];
  return (
    <>
      {prefix !== "" && <span class="ad">{prefix.slice(1, -1)} </span>}
      <AnsiText line={line.slice(prefix.length)} />
    </>
  );
}
