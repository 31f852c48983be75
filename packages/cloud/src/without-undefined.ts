/** Returns a copy without the members that are undefined, for where undefined and absent differ: in headers, and in what is merged over something else. */
export function withoutUndefined<Fields extends object>(
  fields: Fields,
): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never; // the same members, less those
}
