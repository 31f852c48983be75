import { signal } from "@preact/signals";

/** How far the server's clock is ahead of this machine's, in milliseconds: times on pages are the server's. */
let skew = 0;

/** Milliseconds since the epoch by the server's clock, as far as its last answer tells. */
export const serverTime = (): number => Date.now() + skew;

/** Takes over what the server's clock showed in an answer that has just come. */
export function noteServerTime(now: number): void {
  if (Number.isFinite(now)) skew = now - Date.now();
}

/** The server's time, told once a second while the page is seen. What shows ages reads it. */
export const tick = signal(serverTime());

setInterval(() => {
  if (document.visibilityState === "visible") tick.value = serverTime();
}, 1000);
