import { badRequest } from "./problem.ts";

/** What a path and its query have named. */
export interface Named {
  /** By the pattern's names. */
  readonly labels: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** The longest path and query, in characters. */
const urlLengthMax = 8_192;

/** Finds the pattern that a URL matches, such as `/console/api/deployments/:id`. Throws for a URL that cannot be read. */
export function matchPath<Pattern extends string>(
  patterns: readonly Pattern[],
  url: string,
): ({ readonly pattern: Pattern } & Named) | undefined {
  if (url.length > urlLengthMax) throw badRequest(`The URL has more than ${urlLengthMax} characters`);
  const [path = "", ...rest] = url.split("?");
  const parts = path.split("/");
  for (const pattern of patterns) {
    const labels = labelsOf(pattern.split("/"), parts);
    if (labels !== undefined) return { pattern, labels, query: new URLSearchParams(rest.join("?")) };
  }
  return undefined;
}

function labelsOf(pattern: readonly string[], parts: readonly string[]): Named["labels"] | undefined {
  if (pattern.length !== parts.length) return undefined;
  const labels: Record<string, string> = {};
  for (const [place, part] of parts.entries()) {
    const name = pattern[place] ?? "";
    if (!name.startsWith(":")) {
      if (name !== part) return undefined;
      continue;
    }
    const value = decoded(part);
    if (value === "") return undefined;
    labels[name.slice(1)] = value;
  }
  return labels;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest("The path is not percent-encoded UTF-8");
  }
}
