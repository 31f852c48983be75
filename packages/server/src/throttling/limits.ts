/** Limits of one server. Undefined, or 0, is none, except where AWS or an earlier version has one. */
export interface NamedLimits {
  /** Requests a second by one access key; twice as many at once. */
  readonly requests?: number | undefined;
  /** Polls of one host that are held at once. */
  readonly polls?: number | undefined;
  /** Bytes of logs that the hosts of one deployment leave in all. */
  readonly logBytes?: number | undefined;
}

/** Told that something went over a limit: which, and whose. */
export type OverLimit = (limit: keyof NamedLimits, whose: string) => void;

/** For how long nothing more is said of who went over a limit, in milliseconds. */
const silenceMilliseconds = 60_000;

/** How many are remembered of whom something was said. */
const remembered = 10_000;

/** Says at most once a minute of each that he is over a limit, and counts every time. */
export function overLimitLog(
  clock: () => number,
  { log, count }: { readonly log: (about: object, message: string) => void; readonly count: (limit: string) => void },
): OverLimit {
  const saidAt = new Map<string, number>();
  return (limit, whose) => {
    count(limit);
    const name = `${limit} ${whose}`;
    const now = clock();
    if (now - (saidAt.get(name) ?? Number.NEGATIVE_INFINITY) < silenceMilliseconds) return;
    saidAt.delete(name);
    saidAt.set(name, now);
    const [oldest] = saidAt.keys();
    if (saidAt.size > remembered && oldest !== undefined) saidAt.delete(oldest);
    log({ limit, whose }, "over a limit");
  };
}
