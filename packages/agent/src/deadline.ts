/** The longest timer that Node supports, in milliseconds: a longer one fires at once. */
const timerMillisecondsMax = 2 ** 31 - 1;

/** The longest wait that a configuration can set, in seconds: 24 days. */
export const waitSecondsMax = Math.floor(timerMillisecondsMax / 1000);

/** A deadline that can be cancelled. */
export interface Deadline {
  readonly over: Promise<void>;
  readonly cancel: () => void;
}

/** Returns the deadline some seconds from now; any number will do. */
export function deadlineIn(seconds: number): Deadline {
  const end = performance.now() + seconds * 1000;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    const wait = () => {
      const left = end - performance.now();
      timer = setTimeout(left > timerMillisecondsMax ? wait : resolve, Math.min(left, timerMillisecondsMax));
    };
    wait();
  });
  return { over, cancel: () => clearTimeout(timer) };
}
