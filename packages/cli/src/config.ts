import { isIP } from "node:net";
import { resolve } from "node:path";
import { defaultDataFolder } from "./environment.ts";

/** Every setting of the command line: its flag, its environment variable, its default and its meaning. `--help` and the docs print this table. */
export const settings = {
  port: { flag: "--port <number>", variable: "SLUICE_PORT", default: "4566", meaning: "TCP port of every service" },
  listen: {
    flag: "--listen <address>",
    variable: "SLUICE_LISTEN",
    default: "127.0.0.1",
    meaning: "address that the port is opened on; others than this machine's own are for hosts elsewhere",
  },
  data: {
    flag: "--data <folder>",
    variable: "SLUICE_DATA",
    default: defaultDataFolder(),
    meaning: "folder of everything durable",
  },
  region: {
    flag: "--region <name>",
    variable: "SLUICE_REGION",
    default: "us-east-1",
    meaning: "region of the local cloud",
  },
  tls: {
    flag: "--tls",
    variable: "SLUICE_TLS",
    default: "off",
    meaning:
      "speak HTTPS beside HTTP, on the same port, with a certificate authority of the data folder's own: on or off",
  },
  tlsOnly: {
    flag: "--tls-only",
    variable: "SLUICE_TLS_ONLY",
    default: "off",
    meaning:
      "speak HTTPS alone; not with a local cloud, whose instances and functions use HTTP within this machine: on or off",
  },
  tlsNames: {
    flag: "--tls-names <names>",
    variable: "SLUICE_TLS_NAMES",
    default: "",
    meaning: "further names by which clients reach that port, for its certificate, separated by commas",
  },
  hostNames: {
    flag: "--host-names <names>",
    variable: "SLUICE_HOST_NAMES",
    default: "",
    meaning:
      "further names by which browsers and new hosts reach that port, separated by commas; requests without a signature under other names are refused",
  },
  consoleBehindProxy: {
    flag: "--console-behind-proxy",
    variable: "SLUICE_CONSOLE_BEHIND_PROXY",
    default: "off",
    meaning:
      "a proxy that speaks HTTPS stands in front of that port, so that the console may be shown over plain HTTP from the network: on or off",
  },
  tlsCertificate: {
    flag: "--tls-certificate <file>",
    variable: "SLUICE_TLS_CERTIFICATE",
    default: "",
    meaning:
      "speak HTTPS with this certificate instead of one of the data folder's authority: PEM, with those of its issuers after it; SIGHUP has sluice server read it again",
  },
  tlsKey: {
    flag: "--tls-key <file>",
    variable: "SLUICE_TLS_KEY",
    default: "",
    meaning: "the key of that certificate, in PEM",
  },
  serviceRoles: {
    flag: "--service-roles",
    variable: "SLUICE_SERVICE_ROLES",
    default: "off",
    meaning:
      "act with each deployment group's service role in the local cloud, too, which must exist, trust codedeploy.amazonaws.com and have the rights, as on AWS; without it the control plane acts as administrator for everybody who may write a deployment group: on or off",
  },
  driver: {
    flag: "--driver <name>",
    variable: "SLUICE_DRIVER",
    default: "auto",
    meaning: "how instances run: auto, ns (isolated) or plain (ordinary processes)",
  },
  chaos: {
    flag: "--chaos <troubles>",
    variable: "SLUICE_CHAOS",
    default: "",
    meaning:
      "troubles to make on purpose: package-lock=N, the first N calls of yum on each instance find the package lock taken",
  },
  events: {
    flag: "--events <url>",
    variable: "SLUICE_EVENTS",
    default: "",
    meaning: "webhook to which every state change is posted, in the form of EventBridge's events",
  },
  eventLog: {
    flag: "--event-log <number>",
    variable: "SLUICE_EVENT_LOG",
    default: "500000",
    meaning: "how many changes of state the event log keeps, some 200 bytes each; older ones are deleted",
  },
  timeScale: {
    flag: "--time-scale <number>",
    variable: "SLUICE_TIME_SCALE",
    default: "1",
    meaning:
      "how many seconds of the local cloud's waits (lifecycle hooks, cooldowns, draining) and of its deployments' (canary and linear intervals, zones, a blue/green deployment's wait for traffic and for the end of the original instances) pass in one; for sluice up alone",
  },
  loadBalancer: {
    flag: "--load-balancer <name>",
    variable: "SLUICE_LOAD_BALANCER",
    default: "builtin",
    meaning: "what carries the traffic of load balancers: builtin, or haproxy where it is installed",
  },
  metrics: {
    flag: "--metrics <address>",
    variable: "SLUICE_METRICS",
    default: "",
    meaning:
      "where metrics are served in Prometheus' format, as PORT of this machine alone or ADDRESS:PORT; who reaches it may read them",
  },
  log: {
    flag: "--log <level>",
    variable: "SLUICE_LOG",
    default: "warn",
    meaning: "log level of the server: trace, debug, info, warn, error",
  },
} as const satisfies Record<string, Setting>;

/** One setting of the command line. */
interface Setting {
  readonly flag: string;
  readonly variable: string;
  readonly default: string;
  readonly meaning: string;
}

/** The account that everything in a local cloud belongs to; AWS's own documentation uses it for examples. */
export const accountId = "123456789012";

type Flags = Readonly<Partial<Record<keyof typeof settings, string | true>>>;

/** Returns the settings in force: a flag wins over the environment, and the environment over the default. Throws with what was found and expected. */
export function configuration(flags: Flags) {
  // A flag without a value is switched on.
  const value = (name: keyof typeof settings) =>
    flags[name] === true ? "on" : (flags[name] ?? process.env[settings[name].variable] ?? settings[name].default);
  return {
    port: portNumber(value("port")),
    hostname: address(value("listen")),
    dataFolder: resolve(value("data")),
    region: regionName(value("region")),
    actsWithServiceRoles: oneOf("service roles", value("serviceRoles"), ["on", "off"] as const) === "on",
    tls: oneOf("TLS", value("tls"), ["on", "off"] as const) === "on",
    tlsOnly: oneOf("TLS alone", value("tlsOnly"), ["on", "off"] as const) === "on",
    tlsNames: namesIn(value("tlsNames"), "make a certificate for"),
    hostNames: namesIn(value("hostNames"), "be reached as"),
    consoleBehindProxy:
      oneOf("a proxy in front of the console", value("consoleBehindProxy"), ["on", "off"] as const) === "on",
    tlsCertificate: fileName(value("tlsCertificate")),
    tlsKey: fileName(value("tlsKey")),
    driver: oneOf("driver", value("driver"), ["auto", "ns", "plain"] as const),
    chaos: chaosOf(value("chaos")),
    eventsUrl: webhook(value("events")),
    eventsMax: countOf("changes of state", value("eventLog")),
    timeScale: timeScaleOf(value("timeScale")),
    loadBalancer: oneOf("load balancer", value("loadBalancer"), ["builtin", "haproxy"] as const),
    metrics: metricsAddress(value("metrics")),
    logLevel: oneOf("log level", value("log"), ["trace", "debug", "info", "warn", "error"] as const),
  };
}

/** All settings, in force. */
export type Configuration = ReturnType<typeof configuration>;

/** The AWS variables of the environment; a running local cloud stands in for those that are absent. */
export function environmentCredentials() {
  const {
    AWS_ENDPOINT_URL,
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN,
    AWS_REGION,
    AWS_DEFAULT_REGION,
    AWS_CA_BUNDLE,
  } = process.env;
  return {
    endpoint: AWS_ENDPOINT_URL,
    region: AWS_REGION ?? AWS_DEFAULT_REGION,
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
    caBundle: AWS_CA_BUNDLE,
  };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`Cannot use port "${text}": a number from 0 to 65535 is wanted (0 takes any free port)`);
}

function address(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new Error(`Cannot listen on "${text}": expected an IP address, such as 127.0.0.1 or 0.0.0.0`);
}

const fileName = (text: string): string | undefined => (text === "" ? undefined : resolve(text));

/** Returns undefined when metrics are not wanted. IPv6 addresses stand in brackets. */
function metricsAddress(text: string): { readonly hostname: string; readonly port: number } | undefined {
  if (text === "") return undefined;
  const [, bracketed, plain = "127.0.0.1", port = ""] = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const hostname = bracketed ?? plain;
  if (port !== "" && Number(port) <= 65_535 && isIP(hostname) !== 0) return { hostname, port: Number(port) };
  throw new Error(
    `Cannot serve metrics at "${text}": expected a port, or an IP address and a port such as 127.0.0.1:9464`,
  );
}

function namesIn(text: string, what: string): readonly string[] {
  const names = text === "" ? [] : text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => isIP(name) === 0 && !/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i.test(name));
  if (wrong === undefined) return names;
  throw new Error(`Cannot ${what} "${wrong}": expected host names or IP addresses`);
}

function regionName(text: string): string {
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(text)) return text;
  throw new Error(`Cannot use region "${text}": expected a name like "us-east-1"`);
}

/** More than this, and a data folder is mostly log: some 20 GB. */
const countMax = 100_000_000;

function countOf(what: string, text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= countMax) return count;
  throw new Error(`Cannot keep "${text}" ${what}: expected a number from 1 to ${countMax}`);
}

/** Faster than this, a heartbeat of half a minute is over before anybody can answer. */
const timeScaleMax = 1000;

function timeScaleOf(text: string): number {
  const scale = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && scale >= 1 && scale <= timeScaleMax) return scale;
  throw new Error(`Cannot scale time by "${text}": expected a number from 1 to ${timeScaleMax}`);
}

function chaosOf(text: string) {
  const locks = /^(?:package-lock(?:=(\d{1,3}))?)?$/.exec(text);
  if (locks === null) throw new Error(`Cannot make trouble "${text}": expected package-lock or package-lock=N`);
  return { packageLocks: text === "" ? 0 : Number(locks[1] ?? packageLocks) };
}

/** How many calls of yum find the lock taken when no number is given: few enough for a script that tries five times. */
const packageLocks = 2;

function webhook(text: string): string | undefined {
  if (text === "") return undefined;
  if (/^https?:/.test(text) && URL.canParse(text)) return text;
  throw new Error(`Cannot post events to "${text}": expected an http or https URL`);
}

function oneOf<const Choice extends string>(what: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new Error(`Cannot use ${what} "${text}": expected one of ${choices.join(", ")}`);
}
