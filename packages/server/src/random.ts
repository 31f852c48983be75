import { randomBytes, randomInt, randomUUID } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const suffixAlphabet = `${alphabet}abcdefghijklmnopqrstuvwxyz`;

/** Returns a deployment id in AWS's form, such as `d-75I7MBT7C` (api.md §1.7). */
export const newDeploymentId = (): string =>
  `d-${Array.from({ length: 9 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;

/** An id of an application, a deployment group or a custom configuration. */
export const newId = (): string => randomUUID();

/** Returns what distinguishes two registrations of one name in the ARN of an on-premises instance. */
export const newInstanceSuffix = (): string =>
  Array.from({ length: 10 }, () => suffixAlphabet[randomInt(suffixAlphabet.length)]).join("");

/** Returns a number that orders hosts of one class. */
export const newTieBreaker = (): number => randomInt(2 ** 40);

/** A number from 0 to 1, for waits that are not to be alike. */
export const newFraction = (): number => randomInt(2 ** 32) / 2 ** 32;

/** The id part of an access key: AWS's prefixes are AKIA for long-lived keys and ASIA for temporary ones. */
export const newAccessKeyId = (prefix: "AKIA" | "ASIA"): string =>
  `${prefix}${Array.from({ length: 16 }, () => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[randomInt(32)]).join("")}`;

/** A secret of 240 random bits. */
export const newSecret = (): string => randomBytes(30).toString("base64");

/** A code or half a session of the console: 256 random bits, in letters that a URL and a cookie take. */
export const newConsoleSecret = (): string => randomBytes(32).toString("base64url");

/** The name of a session of the console, which is no secret. */
export const newConsoleSessionId = (): string => randomBytes(9).toString("base64url");
