/** The longest that a timer of Node's waits, in milliseconds: of one that was asked for more it makes one that fires at once. */
const timerMillisecondsMax = 2 ** 31 - 1;

/** The most seconds that any wait which a number from outside decides on can last: 24 days. */
export const waitSecondsMax = Math.floor(timerMillisecondsMax / 1000);

/** A moment to come. */
export interface Deadline {
  readonly over: Promise<void>;
  /** Lets it never come. */
  readonly cancel: () => void;
}

/** The moment so many seconds from now, however many they are. */
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
