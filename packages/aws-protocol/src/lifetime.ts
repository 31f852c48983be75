/** By how much clocks that are set right go back without anybody noticing, in milliseconds. */
const stepMilliseconds = 60_000;

/**
 * Whether what was made for so long (milliseconds) is good still, by its end and the present time (milliseconds since the
 * epoch). It is over, too, when more is left of it than it had: then the clock has been set back, and nobody knows how
 * long it has been good.
 */
export const isStillGood = (expiresAt: number, milliseconds: number, now: number): boolean =>
  expiresAt > now && expiresAt - now <= milliseconds + stepMilliseconds;
