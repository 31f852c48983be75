/** Lets other pending work run first. To be awaited now and then by work of many short steps. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
