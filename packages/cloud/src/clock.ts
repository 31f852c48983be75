/** Returns the time in milliseconds since the epoch, for a process that nobody gives a clock. */
export const wallClock = (): number => Date.now();
