import { statusWord, type Tone, toneOf } from "./tone.ts";

const colourOf = (tone: Tone) => (tone === "skip" ? "is-idle" : `is-${tone}`);

/** The sign of a status. */
export function Glyph({ status, size = 14 }: { readonly status: string; readonly size?: number }) {
  const tone = toneOf(status);
  return (
    <svg
      class={colourOf(tone)}
      width={size}
      height={size}
      viewBox="0 0 14 14"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <Shape status={status} tone={tone} />
    </svg>
  );
}

function Shape({ status, tone }: { readonly status: string; readonly tone: Tone }) {
  if (status === "Stopped")
    return (
      <>
        <circle cx="7" cy="7" r="5.9" />
        <path d="M5 5h4v4H5z" fill="currentColor" stroke="none" />
      </>
    );
  if (status === "Unknown") return <path d="M4.6 4.8a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.8-1.1 1.6M7 11.2v.1" />;
  if (tone === "ok")
    return (
      <>
        <circle cx="7" cy="7" r="6.7" fill="currentColor" stroke="none" />
        <path d="m4.2 7.2 1.9 1.9 3.7-4" stroke="var(--raised)" />
      </>
    );
  if (tone === "bad")
    return (
      <>
        <path d="M4.3.6h5.4l3.7 3.7v5.4l-3.7 3.7H4.3L.6 9.7V4.3z" fill="currentColor" stroke="none" />
        <path d="m4.9 4.9 4.2 4.2m0-4.2L4.9 9.1" stroke="var(--raised)" />
      </>
    );
  if (tone === "run")
    return (
      <>
        <circle cx="7" cy="7" r="5.6" opacity="0.28" stroke-width="2" />
        <path class="spin" d="M7 1.4A5.6 5.6 0 0 1 12.6 7" stroke-width="2" />
      </>
    );
  if (tone === "wait")
    return (
      <>
        <circle cx="7" cy="7" r="5.9" />
        <path d="M5.6 5v4M8.4 5v4" />
      </>
    );
  if (tone === "skip")
    return (
      <>
        <circle cx="7" cy="7" r="5.9" />
        <path d="M4.6 7h4.8" />
      </>
    );
  return <circle cx="7" cy="7" r="5.6" stroke-dasharray="2.2 2.2" />;
}

/** A status as glyph and word. */
export function StatusText({ status }: { readonly status: string }) {
  return (
    <span class={`glyph ${colourOf(toneOf(status))}`}>
      <Glyph status={status} />
      {statusWord(status)}
    </span>
  );
}
