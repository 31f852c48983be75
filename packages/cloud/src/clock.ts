/** Returns the time in milliseconds since the epoch, for processes that are not given a clock. */
export const wallClock = (): number => Date.now();
