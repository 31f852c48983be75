/** Returns the name that was probably meant. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  const near = names.map((name) => ({ name, distance: distance(wanted.toLowerCase(), name.toLowerCase()) }));
  const [first] = near.toSorted((a, b) => a.distance - b.distance);
  const isContained = first !== undefined && (wanted.includes(first.name) || first.name.includes(wanted));
  return first !== undefined && (first.distance <= Math.max(2, wanted.length / 3) || isContained)
    ? first.name
    : undefined;
}

/** Returns how many letters have to be changed, added or removed (Levenshtein's distance). */
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 0; row < a.length; row += 1) {
    const now = [row + 1];
    for (let column = 0; column < b.length; column += 1)
      now.push(
        Math.min(
          (before[column] ?? 0) + (a[row] === b[column] ? 0 : 1),
          (before[column + 1] ?? 0) + 1,
          (now[column] ?? 0) + 1,
        ),
      );
    before = now;
  }
  return before.at(-1) ?? 0;
}
