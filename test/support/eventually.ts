import { setTimeout as pause } from "node:timers/promises";

/** How long it waits before it asks again, in milliseconds: at first not at all long, later a tenth of a second, because asking costs those the processor that are waited for. */
const askAgain = { first: 20, last: 100, growth: 1 / 30 };

/** Asks again and again until the answer is not undefined. Throws with the question when it takes too long. */
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
