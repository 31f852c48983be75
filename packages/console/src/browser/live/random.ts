/** A number from 0 up to 1, of no worth for secrets: for spreading attempts in time. */
export const chance = (): number => Math.random();
