/** How fast the cloud's own waits pass: heartbeats, cooldowns, draining. A walk through a tutorial need not take five minutes at each of them. */
export class Waits {
  /** How many of AWS's seconds pass in one of ours; 1 is AWS's own pace. */
  readonly scale: number;

  constructor(scale: number) {
    if (!(scale >= 1)) throw new RangeError(`Time can be scaled by 1 or more, not by ${scale}`);
    this.scale = scale;
  }

  /** How long so many of AWS's seconds take here, in milliseconds. */
  milliseconds(seconds: number): number {
    return (seconds * 1000) / this.scale;
  }
}
