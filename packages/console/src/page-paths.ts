/** The path of every page, as a pattern: a part after a colon is a name. The server answers these with the console, whose router reads the rest. */
export const pagePaths = {
  now: "/",
  where: "/where",
  deployments: "/deployments",
  applications: "/apps",
  application: "/apps/:application",
  group: "/apps/:application/groups/:group",
  deploy: "/deploy",
  deployment: "/d/:id",
  why: "/d/:id/why",
  logs: "/d/:id/logs",
  target: "/d/:id/t/:target",
  hosts: "/hosts",
  host: "/hosts/:host",
  cloud: "/cloud",
  scalingGroup: "/cloud/asg/:name",
  loadBalancer: "/cloud/lb/:name",
  function: "/cloud/lambda/:name",
  audit: "/audit",
  login: "/login",
  me: "/me",
} as const;

/** A page's name. */
export type PageName = keyof typeof pagePaths;

/** The page that a path names, and the names in the path. */
export interface Route {
  readonly page: PageName | "missing";
  readonly names: Readonly<Record<string, string>>;
}

const compiled = (Object.entries(pagePaths) as [PageName, string][]).map(([page, path]) => ({
  page,
  parts: path.split("/").slice(1),
}));

/** Finds the page of a path; names are decoded. */
export function routeOf(path: string): Route {
  const parts = path.replace(/\/$/, "").split("/").slice(1);
  if (parts.length === 0) return { page: "now", names: {} };
  for (const { page, parts: wanted } of compiled) {
    const names = wanted.length === parts.length ? namesOf(wanted, parts) : undefined;
    if (names !== undefined) return { page, names };
  }
  return { page: "missing", names: {} };
}

function namesOf(wanted: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const names: Record<string, string> = {};
  for (const [index, want] of wanted.entries()) {
    const part = parts[index] ?? "";
    if (!want.startsWith(":")) {
      if (want !== part) return undefined;
      continue;
    }
    const name = decoded(part);
    if (name === undefined || name === "") return undefined;
    names[want.slice(1)] = name;
  }
  return names;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // not what any of our links has
  }
}
