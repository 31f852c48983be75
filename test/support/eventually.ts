import { setTimeout as pause } from "node:timers/promises";

/** The pause between two questions, in milliseconds: short at first, later a tenth of a second, because asking slows down what is waited for. */
const askAgain = { first: 20, last: 100, growth: 1 / 30 };

/** Calls `ask` repeatedly until it returns something other than undefined. Throws an error with the question when that takes too long. */
export async function eventually<Answer>(
  question: string,
  ask: () => Promise<Answer | undefined>,
  seconds = 30,
): Promise<Answer> {
  const begun = Date.now();
  const end = begun + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Not within ${seconds} s: ${question}`);
    await pause(Math.min(askAgain.last, askAgain.first + (Date.now() - begun) * askAgain.growth));
  }
}
