import type { Yardstick } from "./yardsticks.ts";

/** A measured figure and its limit. */
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

/** A figure that must not exceed a multiple of what well-known things take together, in the same unit and the same run. */
export function atMostTimes(
  figure: string,
  value: number,
  { times, unit, of }: { readonly times: number; readonly unit: string; readonly of: readonly Yardstick[] },
): Figure {
  const whole = of.reduce((sum, { value }) => sum + value, 0);
  const names = of.map(({ name, value }) => `${name} (${round(value)} ${unit})`).join(" and ");
  return {
    figure,
    value: `${round(value)} ${unit}, ${round(value / whole)} × ${names}`,
    limit: `≤ ${times} ×`,
    holds: value <= times * whole,
  };
}

/** Returns the median. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const round = (value: number) => Number(value.toPrecision(3));
