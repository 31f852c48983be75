/** True for a path of a revision that points outside of it. */
export function leaves(path: string): boolean {
  let depth = 0;
  for (const part of path.split(/[\\/]+/)) {
    if (part === "" || part === ".") continue;
    depth += part === ".." ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}

/** True for a path that means the same from everywhere. */
export function isAbsolute(path: string, os: string): boolean {
  return os === "windows" ? /^([A-Za-z]:[\\/]|\\\\|\/)/.test(path) : path.startsWith("/");
}
