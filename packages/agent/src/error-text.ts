/** Returns an error's message. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Returns an error's stack, or its message. */
export const stackOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
