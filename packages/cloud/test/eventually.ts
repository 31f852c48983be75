import { setTimeout as pause } from "node:timers/promises";

/** Asks again and again until the answer is not undefined. Throws with the question when it takes too long. */
export async function eventually<Answer>(
  question: string,
  ask: () => Promise<Answer | undefined>,
  seconds = 30,
): Promise<Answer> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Not within ${seconds} s: ${question}`);
    await pause(20);
  }
}
