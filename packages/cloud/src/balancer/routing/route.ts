import type { AnswerHead } from "../http/answer-head.ts";
import type { Action } from "../control/configuration.ts";
import type { RequestHead } from "../http/request-head.ts";
import { type TargetPool, tokenOf, type Upstream } from "./upstreams.ts";

type Forward = Extract<Action, { type: "forward" }>;

/** AWS's names of the cookies by which clients stay with a target, and with a group. */
const targetCookie = "AWSALB";
const applicationCookie = "AWSALBAPP-0";
const groupCookie = "AWSALBTG";

/** Which group serves a request, and how its targets are picked. */
export class Route {
  readonly #action: Forward;
  readonly #group: string;
  readonly #pool: TargetPool;
  readonly #token: string | undefined;

  private constructor(action: Forward, group: string, at: { pool: TargetPool; cookies: string | undefined }) {
    const { pool, cookies } = at;
    this.#action = action;
    this.#group = group;
    this.#pool = pool;
    this.#token = heldToken(pool.sticky, cookies);
  }

  /** Undefined where nothing serves it. */
  static find(
    action: Forward,
    { cookies }: Pick<RequestHead, "cookies">,
    pools: ReadonlyMap<string, TargetPool>,
  ): Route | undefined {
    const group = chooseGroup(action, cookies);
    const pool = group === undefined ? undefined : pools.get(group);
    return group === undefined || pool === undefined ? undefined : new Route(action, group, { pool, cookies });
  }

  /** The next target to try; undefined when there is none. */
  pick(except: ReadonlySet<Upstream> | undefined): Upstream | undefined {
    return this.#pool.pick({ token: this.#token, except });
  }

  /** Lines that the load balancer adds to what a target answers, so that the client stays with it. */
  stickyFields(upstream: Upstream | undefined, answer: AnswerHead): string {
    const { sticky } = this.#pool;
    const { stickySeconds } = this.#action;
    let text = stickySeconds === undefined ? "" : cookieLines(groupCookie, tokenOf(this.#group), stickySeconds);
    if (sticky?.by === "cookie") text += cookieLines(targetCookie, upstream?.token ?? "", sticky.seconds);
    if (sticky?.by === "application-cookie" && sets(answer, sticky.name))
      text += cookieLines(applicationCookie, upstream?.token ?? "", sticky.seconds);
    return text;
  }
}

/** A group by weight; the one that the client was given before, where clients stay. */
function chooseGroup({ groups, stickySeconds }: Forward, cookies: string | undefined): string | undefined {
  if (groups.length === 1) return groups[0]?.group;
  if (stickySeconds !== undefined) {
    const token = cookieOf(cookies, groupCookie);
    const held = groups.find(({ group, weight }) => weight > 0 && tokenOf(group) === token);
    if (held !== undefined) return held.group;
  }
  let drawn = Math.random() * groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.find(({ weight }) => (drawn -= weight) < 0)?.group;
}

/** The target's token in the client's cookie. One that goes with an application's cookie counts only beside that. */
function heldToken(sticky: TargetPool["sticky"], cookies: string | undefined): string | undefined {
  if (cookies === undefined || sticky === undefined) return undefined;
  if (sticky.by === "cookie") return cookieOf(cookies, targetCookie);
  if (sticky.by === "source-ip" || cookieOf(cookies, sticky.name) === undefined) return undefined;
  return cookieOf(cookies, applicationCookie);
}

const sets = ({ fields }: AnswerHead, name: string): boolean =>
  fields.some(({ key, value }) => key === "set-cookie" && value.startsWith(`${name}=`));

/** As on AWS, once for this site and once for requests from others. */
function cookieLines(name: string, value: string, seconds: number): string {
  const expires = new Date(performance.timeOrigin + performance.now() + seconds * 1000).toUTCString();
  const cookie = (suffix: string) => `Set-Cookie: ${name}${suffix}=${value}; Expires=${expires}; Path=/`;
  return `${cookie("")}\r\n${cookie("CORS")}; SameSite=None\r\n`;
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  return cookies
    ?.split(";")
    .map((pair) => pair.trim().split("=", 2))
    .find(([key]) => key === name)?.[1];
}
