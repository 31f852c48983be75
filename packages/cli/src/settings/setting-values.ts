import { isIP } from "node:net";
import { resolve } from "node:path";

/** A TCP port; 0 is any free one. Throws with what was found and expected, as all of these. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`Cannot use port "${text}": a number from 0 to 65535 is wanted (0 takes any free port)`);
}

/** An IP address. */
export function address(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new Error(`Cannot listen on "${text}": expected an IP address, such as 127.0.0.1 or 0.0.0.0`);
}

/** A path, as the process sees it; undefined when none is given. */
export const fileName = (text: string): string | undefined => (text === "" ? undefined : resolve(text));

/** Returns undefined when metrics are not wanted. IPv6 addresses stand in brackets. */
export function metricsAddress(text: string): { readonly hostname: string; readonly port: number } | undefined {
  if (text === "") return undefined;
  const [, bracketed, plain = "127.0.0.1", port = ""] = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const hostname = bracketed ?? plain;
  if (port !== "" && Number(port) <= 65_535 && isIP(hostname) !== 0) return { hostname, port: Number(port) };
  throw new Error(
    `Cannot serve metrics at "${text}": expected a port, or an IP address and a port such as 127.0.0.1:9464`,
  );
}

/** Host names and addresses, separated by commas. */
export function namesIn(text: string, what: string): readonly string[] {
  const names = text === "" ? [] : text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => isIP(name) === 0 && !/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(name));
  if (wrong === undefined) return names;
  throw new Error(`Cannot ${what} "${wrong}": expected host names or IP addresses`);
}

/** A region's name. */
export function regionName(text: string): string {
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(text)) return text;
  throw new Error(`Cannot use region "${text}": expected a name like "us-east-1"`);
}

/** More than this, and a data folder is mostly log: some 20 GB. */
const countMax = 100_000_000;

/** How many of something are kept. */
export function countOf(what: string, text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= countMax) return count;
  throw new Error(`Cannot keep "${text}" ${what}: expected a number from 1 to ${countMax}`);
}

/** Faster than this, a heartbeat of half a minute is over before anybody can answer. */
const timeScaleMax = 1000;

const limitMax = 1_000_000_000;

/** A limit from a least one on. */
export function limitOf(what: string, text: string, least: number): number {
  const limit = Number(text);
  if (/^\d{1,10}$/.test(text) && limit >= least && limit <= limitMax) return limit;
  throw new Error(`Cannot limit ${what} to "${text}": expected a number from ${least} to ${limitMax}`);
}

/** More than a century is for ever. */
const daysMax = 36_500;

/** A number of days; 0 is for ever. */
export function daysOf(what: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= daysMax) return Number(text);
  throw new Error(`Cannot keep ${what} for "${text}" days: expected a number from 0 to ${daysMax}, and 0 is for ever`);
}

/** How many seconds pass in one. */
export function timeScaleOf(text: string): number {
  const scale = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && scale >= 1 && scale <= timeScaleMax) return scale;
  throw new Error(`Cannot scale time by "${text}": expected a number from 1 to ${timeScaleMax}`);
}

/** Troubles to make on purpose. */
export function chaosOf(text: string) {
  const locks = /^(?:package-lock(?:=(\d{1,3}))?)?$/.exec(text);
  if (locks === null) throw new Error(`Cannot make trouble "${text}": expected package-lock or package-lock=N`);
  return { packageLocks: text === "" ? 0 : Number(locks[1] ?? packageLocks) };
}

/** How many calls of yum find the lock taken when no number is given: few enough for a script that tries five times. */
const packageLocks = 2;

/** An address to post to; undefined when none is given. */
export function webhook(text: string): string | undefined {
  if (text === "") return undefined;
  if (/^https?:/.test(text) && URL.canParse(text)) return text;
  throw new Error(`Cannot post events to "${text}": expected an http or https URL`);
}

/** The URL of PostgreSQL; undefined when none is given. It is in no message, because it may have a password. */
export function databaseUrl(text: string): string | undefined {
  if (text === "") return undefined;
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new Error("Cannot use the database: expected a URL like postgres://USER@HOST/NAME");
}

/** Where other nodes reach a node; undefined when it is not said. */
export function nodeAddress(text: string): string | undefined {
  if (text === "") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "")
    return url.origin;
  throw new Error(`Cannot be reached by other nodes at "${text}": expected a URL like http://10.0.0.5:4566`);
}

/** One of a few words. */
export function oneOf<const Choice extends string>(what: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new Error(`Cannot use ${what} "${text}": expected one of ${choices.join(", ")}`);
}
