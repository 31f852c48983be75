import type { Answer, Time } from "./answers.ts";

/**
 * `POST /console/api/session`: spends a code. The code is in the address that `sluice console` opens, behind `#c=`. The
 * cookie half of the session comes as `Set-Cookie`.
 */
export interface SessionRequest {
  readonly code: string;
}

/** Its answer: the other half, for the header `x-sluice-session` of every later request. It belongs in localStorage. */
export interface NewSession {
  readonly session: string;
  readonly principal: string;
  /** The latest end, whatever happens. */
  readonly expiresAt: Time;
}

/** One session of the principal. */
export interface SessionRow {
  readonly id: string;
  readonly isThis: boolean;
  readonly createdAt: Time;
  readonly lastUsedAt: Time;
  readonly expiresAt: Time;
  readonly sourceIp?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** `GET /console/api/session`. `DELETE` on the same path ends this session; the action `revoke-session` ends another. */
export interface Session extends Answer<"revoke-session"> {
  readonly principal: string;
  readonly accountId: string;
  readonly region: string;
  readonly version: string;
  readonly isAdministrator: boolean;
  /** Without use it ends after this many milliseconds. */
  readonly idleMilliseconds: number;
  readonly expiresAt: Time;
  readonly sessions: readonly SessionRow[];
  /** Where the API is, for commands to copy. */
  readonly endpoint: string;
}
