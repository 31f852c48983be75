/** What a request to the registry is about. */
export type Route =
  | { readonly to: "base" }
  | { readonly to: "uploads"; readonly name: string }
  | { readonly to: "upload"; readonly name: string; readonly id: string }
  | { readonly to: "blob" | "manifest" | "referrers"; readonly name: string; readonly reference: string }
  | { readonly to: "tags"; readonly name: string };

/** Whether a path is the registry's. S3's buckets have names of at least three characters. */
export const isRegistryPath = (path: string): boolean => path === "/v2" || path.startsWith("/v2/");

/** The longest path that leads anywhere: a repository's name has at most 256 characters, and a digest 71. */
const pathLengthMax = 1_000;

/** Reads a path from its end: names of repositories have slashes. Undefined when it leads nowhere. */
export function routeOf(path: string): Route | undefined {
  if (path === "/v2" || path === "/v2/") return { to: "base" };
  if (path.length > pathLengthMax) return undefined;
  const parts = decoded(path.slice("/v2/".length))?.split("/") ?? [];
  const [last = "", before, third] = parts.toReversed();
  const name = (levels: number) => parts.slice(0, -levels).join("/");
  if (before === "tags" && last === "list") return found({ to: "tags", name: name(2) });
  if (third === "blobs" && before === "uploads")
    return found(last === "" ? { to: "uploads", name: name(3) } : { to: "upload", name: name(3), id: last });
  if (before === "blobs" && last === "uploads") return found({ to: "uploads", name: name(2) });
  if (before === "blobs") return found({ to: "blob", name: name(2), reference: last });
  if (before === "manifests") return found({ to: "manifest", name: name(2), reference: last });
  if (before === "referrers") return found({ to: "referrers", name: name(2), reference: last });
  return undefined;
}

const found = (route: Route): Route | undefined => ("name" in route && route.name === "" ? undefined : route);

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // no name of anything
  }
}
