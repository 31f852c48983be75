/** Lets everything else that is due happen first. Work of many short steps asks for it between them. */
export const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
