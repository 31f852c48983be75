/** Signals within this many milliseconds of the first repeat it: a terminal and npm send the same one, and so does a service manager that signals every process. */
const repeatedMilliseconds = 1000;

/**
 * Resolves with the name of the first signal that asks to end. A later one ends the process at once. With `reload`, SIGHUP
 * asks for that instead, unless a terminal has hung up.
 */
export function signalled(reload?: () => void): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const isReload = (signal: NodeJS.Signals) =>
      signal === "SIGHUP" && reload !== undefined && first === undefined && !process.stdin.isTTY;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => {
        if (isReload(signal)) return reload?.();
        if (first !== undefined && performance.now() - first > repeatedMilliseconds) {
          process.removeAllListeners(signal);
          process.kill(process.pid, signal);
        }
        first ??= performance.now();
        resolve(signal);
      });
  });
}
