import { signal } from "@preact/signals";
import { go } from "../live/router.ts";
import { preferences } from "./preferences.ts";

/** What the keyboard does everywhere, for the help. */
export const keyHelp: readonly (readonly [keys: string, does: string])[] = [
  ["Ctrl K  or  /", "Find, or go somewhere"],
  ["g n", "Now"],
  ["g w", "Where: which version runs where"],
  ["g a", "Applications"],
  ["g h", "Hosts"],
  ["g c", "Local cloud"],
  ["j  k", "Next, previous row"],
  ["Enter", "Open the row"],
  ["f", "Next failed target"],
  ["l", "Log of what is shown"],
  ["Esc", "Up, or close"],
  ["?", "This help"],
];

const places: Readonly<Record<string, string>> = {
  n: "/",
  w: "/where",
  a: "/apps",
  d: "/deployments",
  h: "/hosts",
  c: "/cloud",
  u: "/audit",
};

/** Whether the palette and the help are open. */
export const palette = signal(false);
/** Whether the help about keys is open. */
export const help = signal(false);

/** What a page does with a letter, by letter. A page sets its own and takes them away. */
const pageKeys = new Map<string, () => void>();

/** Gives letters to a page until the returned function is called. */
export function usePageKeys(keys: Readonly<Record<string, () => void>>): () => void {
  for (const [key, does] of Object.entries(keys)) pageKeys.set(key, does);
  return () => {
    for (const [key, does] of Object.entries(keys)) if (pageKeys.get(key) === does) pageKeys.delete(key);
  };
}

let awaitsPlace = 0;

/** Listens to the keyboard. Letters are left alone where somebody types, and everywhere if that is preferred. */
export function followKeys(): void {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      palette.value = true;
      return;
    }
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      isTyping(event.target) ||
      document.querySelector("dialog[open]")
    )
      return;
    if (event.key === "Escape") return goUp();
    if (!preferences.value.hasKeys || event.defaultPrevented || palette.value || help.value) return;
    if (takeLetter(event.key)) event.preventDefault();
  });
}

function takeLetter(key: string): boolean {
  if (performance.now() < awaitsPlace) {
    awaitsPlace = 0;
    const path = places[key];
    if (path !== undefined) go(path);
    return path !== undefined;
  }
  if (key === "g") awaitsPlace = performance.now() + 1200;
  else if (key === "/") palette.value = true;
  else if (key === "?") help.value = true;
  else if (key === "j") moveRow(1);
  else if (key === "k") moveRow(-1);
  else if (pageKeys.has(key)) pageKeys.get(key)?.();
  else return false;
  return true;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName));

/** Moves the focus to the next link of a list: rows are links, so Enter opens one. */
function moveRow(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function goUp(): void {
  const crumbs = document.querySelectorAll<HTMLAnchorElement>(".crumbs a");
  crumbs.item(crumbs.length - 1)?.click();
}
