import { type AccessKey, type AccessKeys, isStillGood, type Principal } from "@sluice/aws-protocol";
import { newConsoleSecret, newConsoleSessionId } from "../../random.ts";
import { hashOf, isSame } from "./secrets.ts";

/** A session ends when it was not used for so long, in milliseconds. */
export const idleMilliseconds = 3_600_000;

/** A session ends after so long in any case, in milliseconds. */
export const sessionMilliseconds = 12 * 3_600_000;

/** How many sessions one key has at once; the oldest makes room. */
const sessionsOfKeyMax = 20;

/** How many sessions there are at once; the oldest makes room. */
const sessionsMax = 2_000;

/** A session of the console. Its principal may do what its key may do now. */
export interface ConsoleSession {
  /** No secret: it names the session in lists. */
  readonly id: string;
  readonly accessKeyId: string;
  /** The user or role that the key belonged to when the session began, by unique id. */
  readonly userId: string;
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly sourceIp?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** A live session, with whose it is now. */
export interface FoundSession {
  readonly session: ConsoleSession;
  readonly principal: Principal;
}

/** The two halves of a session's secret: a browser keeps the first as a cookie, the page the second. */
export interface Halves {
  readonly cookie: string;
  readonly header: string;
}

/** What a request has given of them. */
export type GivenHalves = { readonly [Half in keyof Halves]?: Halves[Half] | undefined };

interface Kept extends ConsoleSession {
  lastUsedAt: number;
  readonly cookieHash: Buffer;
  readonly ended: AbortController;
}

/**
 * The sessions of the console. Only hashes of their secrets are kept, in memory: all of them end with this process. A
 * session ends with its key, too: when that is deactivated or deleted, expires, or becomes somebody else's.
 */
export class Sessions {
  readonly #clock: () => number;
  readonly #keys: AccessKeys;
  /** By the hash of the header's half, in hex; the oldest first. */
  readonly #open = new Map<string, Kept>();

  constructor({ clock, keys }: { readonly clock: () => number; readonly keys: AccessKeys }) {
    this.#clock = clock;
    this.#keys = keys;
  }

  /** Begins a session for a key. Returns undefined when the key is not good, or is one that no person has. */
  async begin(
    accessKeyId: string,
    from: Pick<ConsoleSession, "sourceIp" | "userAgent">,
  ): Promise<(FoundSession & { readonly halves: Halves }) | undefined> {
    const key = await this.#keyOf(accessKeyId);
    if (key === undefined || !isOfPerson(key.principal)) return undefined;
    this.#makeRoom(accessKeyId);
    const halves = { cookie: newConsoleSecret(), header: newConsoleSecret() };
    const now = this.#clock();
    const session: Kept = {
      id: newConsoleSessionId(),
      accessKeyId,
      userId: key.principal.userId,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: Math.min(now + sessionMilliseconds, key.expiresAt ?? Number.POSITIVE_INFINITY),
      ...from,
      cookieHash: hashOf(halves.cookie),
      ended: new AbortController(),
    };
    this.#open.set(hashOf(halves.header).toString("hex"), session);
    return { session, principal: key.principal, halves };
  }

  /** Returns the session of two halves, which is used by that. Undefined when there is none, or none any more. */
  async find({ cookie, header }: GivenHalves): Promise<FoundSession | undefined> {
    if (cookie === undefined || header === undefined) return undefined;
    const session = this.#open.get(hashOf(header).toString("hex"));
    if (session === undefined || !isSame(hashOf(cookie), session.cookieHash)) return undefined;
    const principal = await this.renew(session);
    return principal && { session, principal };
  }

  /** Returns whose a session is now, and counts it as used; undefined when it has ended. */
  async renew(session: ConsoleSession): Promise<Principal | undefined> {
    const kept = this.#kept(session.id);
    if (kept === undefined) return undefined;
    const now = this.#clock();
    const key = await this.#keyOf(kept.accessKeyId);
    const isOver = !isLive(kept, now);
    if (isOver || key === undefined || key.principal.userId !== kept.userId || !isOfPerson(key.principal)) {
      this.end(kept.id);
      return undefined;
    }
    kept.lastUsedAt = now;
    return key.principal;
  }

  /** Aborted when the session ends. */
  endOf(session: ConsoleSession): AbortSignal {
    return this.#kept(session.id)?.ended.signal ?? AbortSignal.abort();
  }

  /** The live sessions of a key, the oldest first. */
  of(accessKeyId: string): readonly ConsoleSession[] {
    return [...this.#open.values()].filter((session) => session.accessKeyId === accessKeyId);
  }

  /** Ends a session. Whether there was one. */
  end(id: string): boolean {
    for (const [hash, session] of this.#open)
      if (session.id === id) {
        this.#open.delete(hash);
        session.ended.abort();
        return true;
      }
    return false;
  }

  /** Ends all sessions. */
  close(): void {
    for (const { id } of this.#open.values()) this.end(id);
  }

  async #keyOf(accessKeyId: string): Promise<AccessKey | undefined> {
    const key = await this.#keys.find(accessKeyId);
    return (key?.expiresAt ?? Number.POSITIVE_INFINITY) <= this.#clock() ? undefined : key;
  }

  #kept(id: string): Kept | undefined {
    for (const session of this.#open.values()) if (session.id === id) return session;
    return undefined;
  }

  #makeRoom(accessKeyId: string): void {
    const now = this.#clock();
    for (const { id, expiresAt, lastUsedAt } of this.#open.values())
      if (!isLive({ expiresAt, lastUsedAt }, now)) this.end(id);
    const own = this.of(accessKeyId);
    const [oldest] = own.length >= sessionsOfKeyMax ? own : this.#open.size >= sessionsMax ? this.#open.values() : [];
    if (oldest !== undefined) this.end(oldest.id);
  }
}

const isLive = ({ expiresAt, lastUsedAt }: Pick<ConsoleSession, "expiresAt" | "lastUsedAt">, now: number): boolean =>
  isStillGood(expiresAt, sessionMilliseconds, now) && isStillGood(lastUsedAt + idleMilliseconds, idleMilliseconds, now);

/** Hosts and services have keys, too, and neither looks at a console. */
const isOfPerson = ({ host, service }: Principal): boolean => host === undefined && service === undefined;
