/** The path of a folder's entry, as `join` gives it for a normalized folder and a name that the system has listed. `join` looks at every character, which for thousands of files takes as long as what is done with them. */
export const entryPath = (folder: string, name: string): string =>
  folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
