import { computed, signal } from "@preact/signals";
import { pagePaths, type PageName, routeOf } from "../../page-paths.ts";
import { queryText } from "./api.ts";

/** Where the browser is. */
export const place = signal({ path: location.pathname, search: location.search });

/** The query of the address. */
export const query = computed(() => new URLSearchParams(place.value.search));

/** The page that is shown. */
export const route = computed(() => routeOf(place.value.path));

/** Returns the path of a page, with its names encoded. */
export function pathTo(
  page: PageName,
  names: Readonly<Record<string, string>> = {},
  search: Parameters<typeof queryText>[0] = {},
): string {
  const path = pagePaths[page].replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(names[name] ?? ""));
  const text = queryText(search);
  return text === "" ? path : `${path}?${text}`;
}

/** Goes to a path of ours. */
export function go(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  place.value = { path: location.pathname, search: location.search };
}

/** Changes parts of the query, which is a state of the view; undefined removes one. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>, { replace = true } = {}): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes))
    if (value === undefined || value === "") next.delete(name);
    else next.set(name, value);
  const text = next.toString();
  go(location.pathname + (text === "" ? "" : `?${text}`), { replace });
}

/** Returns the address with parts of its query changed, for links. */
export function withQuery(changes: Readonly<Record<string, string | undefined>>): string {
  const next = new URLSearchParams(place.value.search);
  for (const [name, value] of Object.entries(changes))
    if (value === undefined || value === "") next.delete(name);
    else next.set(name, value);
  const text = next.toString();
  return place.value.path + (text === "" ? "" : `?${text}`);
}

/** Makes links of ours change the page without loading it. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    place.value = { path: location.pathname, search: location.search };
  });
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || routeOf(url.pathname).page === "missing" || url.hash !== "") return;
    event.preventDefault();
    go(url.pathname + url.search);
  });
}
