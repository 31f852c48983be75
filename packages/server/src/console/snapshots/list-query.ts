import { badRequest } from "../http/problem.ts";

/** What of a list is asked for. */
export interface ListQuery {
  readonly limit: number;
  /** How many rows come before the page. */
  readonly offset: number;
  readonly sort: string;
  readonly isAscending: boolean;
  /** The values of a filter; undefined when it is not given. */
  all(name: string): readonly string[] | undefined;
  /** The one value of a filter. */
  one(name: string): string | undefined;
  /** A filter that is a number, such as a time. */
  number(name: string): number | undefined;
  /** A filter that is on with `1`. */
  isOn(name: string): boolean;
}

const limitDefault = 50;
const limitMax = 200;
/** Nobody reads further by pages: a filter finds it. */
const offsetMax = 100_000;
/** How many values a filter may have, and how long they may be, in characters. */
const valuesMax = 50;
const valueLengthMax = 1_024;

/** Reads the query of a list. `sortable` names what it can be sorted by, the default first. */
export function listQuery(query: URLSearchParams, sortable: readonly [string, ...string[]]): ListQuery {
  const all = (name: string): readonly string[] | undefined => {
    const values = query.getAll(name).filter((value) => value !== "");
    if (values.length > valuesMax || values.some((value) => value.length > valueLengthMax))
      throw badRequest(
        `The filter ${name} has more than ${valuesMax} values, or one of more than ${valueLengthMax} characters`,
      );
    return values.length === 0 ? undefined : values;
  };
  const one = (name: string) => all(name)?.[0];
  const number = (name: string) => {
    const text = one(name);
    if (text === undefined || /^\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
    throw badRequest(`${name} must be a whole number`);
  };
  const sort = one("sort") ?? sortable[0];
  if (!sortable.includes(sort)) throw badRequest(`sort must be one of ${sortable.join(", ")}`);
  const order = one("order") ?? "desc";
  if (order !== "asc" && order !== "desc") throw badRequest("order must be asc or desc");
  const offset = Number(/^o(\d{1,9})$/.exec(one("page") ?? "o0")?.[1] ?? Number.NaN);
  if (!(offset <= offsetMax)) throw badRequest("page must be what an earlier page has given as next");
  const limit = Math.min(limitMax, Math.max(1, number("limit") ?? limitDefault));
  return { limit, offset, sort, isAscending: order === "asc", all, one, number, isOn: (name) => one(name) === "1" };
}

/** The page that follows, of a list of so many rows. */
export const nextPage = ({ offset, limit }: ListQuery, total: number): string | undefined =>
  offset + limit < total && offset + limit <= offsetMax ? `o${offset + limit}` : undefined;

/** Cuts a page out of rows that are all there, and sorts them by a member. */
export function pageOf<Row extends object>(
  rows: readonly Row[],
  query: ListQuery,
  by: (row: Row) => string | number,
): { readonly rows: readonly Row[]; readonly total: number; readonly next?: string | undefined } {
  const direction = query.isAscending ? 1 : -1;
  const sorted = rows.toSorted((a, b) => {
    const [one, other] = [by(a), by(b)];
    return one === other ? 0 : (one < other ? -1 : 1) * direction;
  });
  return {
    rows: sorted.slice(query.offset, query.offset + query.limit),
    total: rows.length,
    next: nextPage(query, rows.length),
  };
}

/** Counts rows by a member. */
export function countsBy<Row>(rows: readonly Row[], by: (row: Row) => string): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(by(row), (counts.get(by(row)) ?? 0) + 1);
  return Object.fromEntries(counts);
}
