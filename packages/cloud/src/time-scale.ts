/** The pace of the cloud's own waits: heartbeats, cooldowns, draining. A walk through a tutorial need not take five minutes at each of them. */
export class TimeScale {
  /** How many of AWS's seconds pass in one of ours; 1 is AWS's own pace. */
  readonly scale: number;

  /** Throws RangeError for a scale below 1. */
  constructor(scale: number) {
    if (!(scale >= 1)) throw new RangeError(`Time can be scaled by 1 or more, not by ${scale}`);
    this.scale = scale;
  }

  /** Returns how many milliseconds a wait takes here that takes AWS this many seconds. */
  milliseconds(seconds: number): number {
    return (seconds * 1000) / this.scale;
  }
}
