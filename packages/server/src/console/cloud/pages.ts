/** How many pages of a list are read: a local cloud has few of anything. */
const pagesMax = 10;

/** Reads a list page by page. */
export async function allPages<Row>(
  read: (
    token: string | undefined,
  ) => Promise<{ readonly rows: readonly Row[] | undefined; readonly next: string | undefined }>,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  let token: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const { rows = [], next } = await read(token);
    all.push(...rows);
    if (next === undefined || next === "") break;
    token = next;
  }
  return all;
}

/** A token as clients take it: they tell an absent member from one that is undefined. */
export const withToken = <Name extends string>(
  name: Name,
  token: string | undefined,
): { readonly [Member in Name]?: string } =>
  (token === undefined ? {} : { [name]: token }) as { readonly [Member in Name]?: string }; // its one member

/** Tags as an object. */
export const tagsOf = (
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Readonly<Record<string, string>> => Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
