import { connect } from "node:net";
import { get } from "@sluice/aws-protocol/node-http";
import type { Check, BalancerConfiguration, ProbeResult, Target } from "./configuration.ts";

interface Probed {
  readonly group: string;
  readonly target: Target;
  readonly check: Check;
}

/** Checks targets, each at its own interval. */
export class Prober {
  readonly #report: (group: string, target: string, outcome: ProbeResult) => void;
  readonly #probed = new Map<string, { readonly what: Probed; readonly stop: () => void }>();

  constructor(report: (group: string, target: string, outcome: ProbeResult) => void) {
    this.#report = report;
  }

  /** Starts checking new targets, stops checking those that are gone, and goes on with the rest. */
  configure({ groups }: BalancerConfiguration): void {
    const wanted = new Map(
      groups.flatMap(({ id, check, targets }) =>
        check === undefined
          ? []
          : targets
              .filter(({ isChecked }) => isChecked)
              .map((target) => {
                const { host, checkPort } = target;
                return [
                  JSON.stringify([id, target.key, host, checkPort, check]),
                  { group: id, target, check },
                ] as const;
              }),
      ),
    );
    for (const [key, { stop }] of this.#probed)
      if (!wanted.has(key)) {
        stop();
        this.#probed.delete(key);
      }
    for (const [key, what] of wanted)
      if (!this.#probed.has(key)) this.#probed.set(key, { what, stop: this.#begin(what) });
  }

  #begin({ group, target, check }: Probed): () => void {
    let isOver = false;
    const once = () =>
      void probe(target, check).then((outcome) => {
        if (!isOver) this.#report(group, target.key, outcome);
      });
    once();
    const timer = setInterval(once, check.intervalSeconds * 1000);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }
}

/** Checks a target once. */
function probe(target: Pick<Target, "host" | "checkPort">, check: Check): Promise<ProbeResult> {
  return check.protocol === "HTTP" ? probeHttp(target, check) : probeTcp(target, check);
}

const timedOut: ProbeResult = { passed: false, reason: "Target.Timeout", description: "Request timed out" };
const failed: ProbeResult = {
  passed: false,
  reason: "Target.FailedHealthChecks",
  description: "Health checks failed",
};

function probeHttp(
  { host, checkPort }: Pick<Target, "host" | "checkPort">,
  { path, matcher, timeoutSeconds }: Check,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const request = get({
      agent: false,
      host,
      port: checkPort,
      path,
      headers: { host: `${host}:${checkPort}`, "user-agent": "ELB-HealthChecker/2.0", connection: "close" },
    });
    const patience = setTimeout(() => {
      resolve(timedOut);
      request.destroy();
    }, timeoutSeconds * 1000);
    request.once("close", () => clearTimeout(patience));
    request.once("error", () => resolve(failed));
    request.once("response", (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      if (matches(status, matcher)) return resolve({ passed: true });
      const description = `Health checks failed with these codes: [${status}]`;
      resolve({ passed: false, reason: "Target.ResponseCodeMismatch", description });
    });
  });
}

function probeTcp(
  { host, checkPort }: Pick<Target, "host" | "checkPort">,
  { timeoutSeconds }: Check,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect(checkPort, host);
    const finish = (outcome: ProbeResult) => {
      resolve(outcome);
      socket.destroy();
    };
    socket.setTimeout(timeoutSeconds * 1000, () => finish(timedOut));
    socket.once("connect", () => finish({ passed: true }));
    socket.once("error", () => finish(failed));
  });
}

/** Whether a status is one of `200,202` or within `200-299`. */
function matches(status: number, matcher: string): boolean {
  return matcher.split(",").some((part) => {
    const [first = "", last = first] = part.trim().split("-");
    return status >= Number(first) && status <= Number(last);
  });
}
