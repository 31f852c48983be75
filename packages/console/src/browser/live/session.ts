import { signal } from "@preact/signals";

/** The half of the session that lives here. The other is a cookie that no script can read; neither is worth anything alone. */
const storageKey = "sluice-session";

/** Whether there is a session: `none` shows how to get one, `ended` that it is over. */
export const sessionState = signal<"unknown" | "open" | "none" | "ended">("unknown");

/** The half for the header `x-sluice-session`. */
export function sessionHalf(): string | undefined {
  return localStorage.getItem(storageKey) ?? undefined;
}

/** Keeps the half of a new session, or forgets it. Other tabs learn of it by the storage event. */
export function keepSessionHalf(half: string | undefined): void {
  if (half === undefined) localStorage.removeItem(storageKey);
  else localStorage.setItem(storageKey, half);
}

/** The server no longer knows the session. Nothing is asked for again until there is another. */
export function noteSessionEnd(): void {
  if (sessionState.value === "open" || sessionState.value === "unknown")
    sessionState.value = sessionHalf() === undefined ? "none" : "ended";
}

addEventListener("storage", ({ key, newValue }) => {
  if (key !== storageKey) return;
  if (newValue === null) sessionState.value = "ended";
  else location.reload(); // another tab has logged in
});

/** Takes the one-time code out of the address, so that neither the history nor a copied link holds it. */
export function takeCode(): string | undefined {
  const [, code] = /^#c=([\w.~-]{1,200})$/.exec(location.hash) ?? [];
  if (location.hash.startsWith("#c=")) history.replaceState(null, "", location.pathname + location.search);
  return code;
}
