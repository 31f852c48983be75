import type { GivenHalves, Halves } from "./sessions.ts";

/** Where a session's cookie belongs. */
export interface CookiePlace {
  /** Cookies of one host name are the same on all of its ports: the name tells them apart. */
  readonly port: number;
  /** Whether the browser speaks HTTPS. */
  readonly isSecure: boolean;
}

/** The longest half that is looked at, in characters. */
const halfLengthMax = 100;

/** `__Host-` binds a cookie to this very host over HTTPS; browsers refuse it over HTTP. */
const nameOf = ({ port, isSecure }: CookiePlace): string => `${isSecure ? "__Host-" : ""}sluice-session-${port}`;

/** Over HTTP the path keeps the cookie from the other pages of other ports; over HTTPS `__Host-` demands the root. */
const attributesOf = ({ isSecure }: CookiePlace): string =>
  isSecure ? "Path=/; Secure; HttpOnly; SameSite=Strict" : "Path=/console; HttpOnly; SameSite=Strict";

/** The header that keeps the first half in the browser. It ends with the browser, or with the session. */
export const setCookie = (place: CookiePlace, { cookie }: Halves): string =>
  `${nameOf(place)}=${cookie}; ${attributesOf(place)}`;

/** The header that removes it. */
export const removeCookie = (place: CookiePlace): string => `${nameOf(place)}=; Max-Age=0; ${attributesOf(place)}`;

/** Reads both halves from a request's headers. A name that is given twice gives none. */
export function readHalves(
  place: CookiePlace,
  headers: { readonly cookie?: string | undefined; readonly [name: string]: string | readonly string[] | undefined },
): GivenHalves {
  const prefix = `${nameOf(place)}=`;
  const values = (headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(prefix))
    .map((pair) => pair.slice(prefix.length));
  const header = headers["x-sluice-session"];
  return {
    cookie: values.length === 1 ? half(values[0]) : undefined,
    header: typeof header === "string" ? half(header) : undefined,
  };
}

const half = (text: string | undefined): string | undefined =>
  text === undefined || text === "" || text.length > halfLengthMax ? undefined : text;
