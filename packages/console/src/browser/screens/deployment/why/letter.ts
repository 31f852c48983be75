/** A, B, C …: what ties a cause to the picture of its targets. */
export const letterOf = (index: number): string => (index < 26 ? String.fromCodePoint(65 + index) : String(index + 1));
