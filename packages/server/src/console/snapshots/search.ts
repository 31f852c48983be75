import type { Answer, Search } from "../contract.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { SnapshotContext } from "./context.ts";
import { rowsOf } from "./deployments.ts";
import { hosts } from "./hosts.ts";
import { listQuery } from "./list-query.ts";
import { visibleTo } from "./visible.ts";

const resultsMax = 20;
const ofKindMax = 8;

type Result = Search["results"][number];

/** `GET /console/api/search`: what is named like the text, the likest first. */
export async function search(
  viewer: Viewer,
  context: SnapshotContext,
  query: URLSearchParams,
): Promise<Omit<Search, keyof Answer>> {
  const text = listQuery(query, ["likeness"]).one("q")?.trim() ?? "";
  if (text === "") return { results: [] };
  const { groups, groupIds } = await visibleTo(viewer, context);
  const results: readonly Result[] = [
    ...applicationsLike(groups.map(({ application }) => application)),
    ...groups.map(({ application, name }) => ({
      kind: "group" as const,
      label: name,
      path: `/apps/${encodeURIComponent(application)}/groups/${encodeURIComponent(name)}`,
      detail: application,
    })),
  ];
  const named = best(results, text);
  return {
    results: [
      ...named,
      ...deploymentsLike(context, { groupIds, text }),
      ...(await hostsLike(viewer, context, text)),
    ].slice(0, resultsMax),
  };
}

const applicationsLike = (names: readonly string[]): readonly Result[] =>
  [...new Set(names)].map((name) => ({
    kind: "application",
    label: name,
    path: `/apps/${encodeURIComponent(name)}`,
    detail: "application",
  }));

/** Deployments by id, description or error; one that was found by its error says so. */
function deploymentsLike(
  context: SnapshotContext,
  filter: { readonly groupIds: readonly string[] | undefined; readonly text: string },
): readonly Result[] {
  const ids = context.store.overviews.deployments(filter, {
    sort: "createTime",
    isAscending: false,
    offset: 0,
    limit: ofKindMax,
  });
  return rowsOf(context, ids).map(({ id, application, group, status, error }) => {
    const isError = error !== undefined && error.message.toLowerCase().includes(filter.text.toLowerCase());
    const path = `/d/${encodeURIComponent(id)}`;
    return isError
      ? { kind: "error", label: error.message, path: `${path}/why`, detail: `${id}, ${application}/${group}` }
      : { kind: "deployment", label: id, path, detail: `${application}/${group}, ${status}` };
  });
}

async function hostsLike(viewer: Viewer, context: SnapshotContext, text: string): Promise<readonly Result[]> {
  const query = new URLSearchParams({ q: text.slice(0, 1_000), limit: String(ofKindMax), order: "asc" });
  const { rows } = await hosts(viewer, context, query);
  return rows.map(({ host, kind }) => ({
    kind: "host",
    label: host,
    path: `/hosts/${encodeURIComponent(host)}`,
    detail: kind,
  }));
}

/** Results whose label has the text's characters in order, those that have them together and early first. */
function best(results: readonly Result[], text: string): readonly Result[] {
  return results
    .map((result) => ({ result, distance: distanceOf(result.label.toLowerCase(), text.toLowerCase()) }))
    .filter(({ distance }) => Number.isFinite(distance))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, ofKindMax)
    .map(({ result }) => result);
}

/** How far a label is from a text; infinite when it lacks one of its characters. */
function distanceOf(label: string, text: string): number {
  const whole = label.indexOf(text);
  if (whole >= 0) return whole / 1_000;
  let place = 0;
  for (const character of text) {
    place = label.indexOf(character, place) + 1;
    if (place === 0) return Number.POSITIVE_INFINITY;
  }
  return 1 + place;
}
