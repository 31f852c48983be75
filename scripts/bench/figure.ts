/** One measured figure beside what it is held against. */
export interface Figure {
  readonly figure: string;
  readonly value: string;
  readonly limit: string;
  readonly holds: boolean;
}

/** A figure that must not exceed a limit. */
export function atMost(figure: string, value: number, limit: number, unit: string): Figure {
  return { figure, value: `${round(value)} ${unit}`, limit: `≤ ${limit} ${unit}`, holds: value <= limit };
}

/** A figure that must not fall below a limit. */
export function atLeast(figure: string, value: number, limit: number, unit: string): Figure {
  return { figure, value: `${round(value)} ${unit}`, limit: `≥ ${limit} ${unit}`, holds: value >= limit };
}

/** The middle of several measurements. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const round = (value: number) => Math.round(value * 100) / 100;
