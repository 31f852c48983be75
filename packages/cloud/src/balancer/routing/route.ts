import { wallClock } from "../../clock.ts";
import { chance } from "../../random.ts";
import type { ResponseHead } from "../http/response-head.ts";
import type { Action } from "../control/configuration.ts";
import type { RequestHead } from "../http/request-head.ts";
import { type TargetPool, tokenOf, type Upstream } from "./upstreams.ts";

type Forward = Extract<Action, { type: "forward" }>;

/** AWS's names of the cookies by which clients stick to a target, and to a target group. */
const targetCookie = "AWSALB";
const applicationCookie = "AWSALBAPP-0";
const groupCookie = "AWSALBTG";

/** The target group that serves a request, and the target that its client sticks to. */
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
    this.#token = stickyToken(pool.sticky, cookies);
  }

  /** Returns undefined where no target group serves the request. */
  static find(
    action: Forward,
    { cookies }: Pick<RequestHead, "cookies">,
    pools: ReadonlyMap<string, TargetPool>,
  ): Route | undefined {
    const group = chooseGroup(action, cookies);
    const pool = group === undefined ? undefined : pools.get(group);
    return group === undefined || pool === undefined ? undefined : new Route(action, group, { pool, cookies });
  }

  /** Returns the next target to try, or undefined when there is none. */
  pick(excluded: ReadonlySet<Upstream> | undefined): Upstream | undefined {
    return this.#pool.pick({ token: this.#token, excluded });
  }

  /** Returns the lines that are added to a target's response so that the client sticks to it. */
  stickyFields(upstream: Upstream | undefined, response: ResponseHead): string {
    const { sticky } = this.#pool;
    const { stickySeconds } = this.#action;
    let text = stickySeconds === undefined ? "" : cookieLines(groupCookie, tokenOf(this.#group), stickySeconds);
    if (sticky?.by === "cookie") text += cookieLines(targetCookie, upstream?.token ?? "", sticky.seconds);
    if (sticky?.by === "application-cookie" && sets(response, sticky.name))
      text += cookieLines(applicationCookie, upstream?.token ?? "", sticky.seconds);
    return text;
  }
}

/** Draws a target group by weight, or returns the one that the client sticks to. */
function chooseGroup({ groups, stickySeconds }: Forward, cookies: string | undefined): string | undefined {
  if (groups.length === 1) return groups[0]?.group;
  if (stickySeconds !== undefined) {
    const token = cookieOf(cookies, groupCookie);
    const sticky = groups.find(({ group, weight }) => weight > 0 && tokenOf(group) === token);
    if (sticky !== undefined) return sticky.group;
  }
  let drawn = chance() * groups.reduce((sum, { weight }) => sum + weight, 0);
  return groups.find(({ weight }) => (drawn -= weight) < 0)?.group;
}

/** Returns the target's token in the client's cookie. One that follows an application's cookie counts only together with that. */
function stickyToken(sticky: TargetPool["sticky"], cookies: string | undefined): string | undefined {
  if (cookies === undefined || sticky === undefined) return undefined;
  if (sticky.by === "cookie") return cookieOf(cookies, targetCookie);
  if (sticky.by === "source-ip" || cookieOf(cookies, sticky.name) === undefined) return undefined;
  return cookieOf(cookies, applicationCookie);
}

const sets = ({ fields }: ResponseHead, name: string): boolean =>
  fields.some(({ key, value }) => key === "set-cookie" && value.startsWith(`${name}=`));

/** As on AWS there are two of each cookie, one for requests of the same site and one (`CORS`) for those from other sites. */
function cookieLines(name: string, value: string, seconds: number): string {
  const expires = new Date(wallClock() + seconds * 1000).toUTCString();
  const cookie = (suffix: string) => `Set-Cookie: ${name}${suffix}=${value}; Expires=${expires}; Path=/`;
  return `${cookie("")}\r\n${cookie("CORS")}; SameSite=None\r\n`;
}

function cookieOf(cookies: string | undefined, name: string): string | undefined {
  return cookies
    ?.split(";")
    .map((pair) => pair.trim().split("=", 2))
    .find(([key]) => key === name)?.[1];
}
