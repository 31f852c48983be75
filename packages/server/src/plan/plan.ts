import type { ForecastHold, ForecastStep, Wave } from "@sluice/engine";
import type { Rule } from "../explain/explanation.ts";

/** What a deployment would do, or how the rest of it goes. Times are milliseconds since the epoch. */
export interface Plan {
  readonly application: string;
  readonly group: string;
  readonly revision: string;
  readonly configuration: string;
  readonly kind: string;
  readonly sentence: string;
  readonly outcome?: string | undefined;
  /** What would end it, with its numbers. */
  readonly rule?: Rule | undefined;
  readonly from: number;
  readonly until: number;
  readonly minutes: number;
  readonly targets: readonly PlannedTarget[];
  /** Hosts that match and do not take part, and why. */
  readonly left: readonly { readonly id: string; readonly why: string }[];
  readonly waves: readonly Wave[];
  readonly steps: readonly ForecastStep[];
  readonly holds: readonly ForecastHold[];
  /** Where the durations come from. */
  readonly basis: string;
  readonly warnings: readonly string[];
  /** All of it as lines for people. */
  readonly text: readonly string[];
}

/** A host that takes part. */
export interface PlannedTarget {
  readonly id: string;
  readonly zone?: string | undefined;
  /** Why it takes part, and what it has. */
  readonly why: string;
  /** The number of the first wave that it is in; undefined when its turn does not come. */
  readonly wave?: number | undefined;
}
