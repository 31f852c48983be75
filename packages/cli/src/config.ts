import { join, resolve } from "node:path";
import { type FoundSettings, readConfigFile } from "./settings/config-file.ts";
import { defaultDataFolder } from "./environment.ts";
import { operatingSettings, operatingValues } from "./settings/operating-settings.ts";
import type { Setting } from "./settings/setting.ts";
import {
  address,
  chaosOf,
  countOf,
  databaseUrl,
  namesIn,
  nodeAddress,
  oneOf,
  portNumber,
  regionName,
  timeScaleOf,
  webhook,
} from "./settings/setting-values.ts";

/** Every setting of the command line: its flag, its environment variable, its default and its meaning. `--help` and the docs print this table. */
export const settings = {
  port: { flag: "--port <number>", variable: "SLUICE_PORT", default: "4566", meaning: "TCP port of every service" },
  listen: {
    flag: "--listen <address>",
    variable: "SLUICE_LISTEN",
    default: "127.0.0.1",
    meaning: "address that the port is opened on; others than this machine's own are for hosts elsewhere",
  },
  config: {
    flag: "--config <file>",
    variable: "SLUICE_CONFIG",
    default: "",
    meaning:
      "file with settings, each under its flag's name without the dashes; without it sluice.yaml in the data folder, or /etc/sluice/sluice.yaml",
  },
  data: {
    flag: "--data <folder>",
    variable: "SLUICE_DATA",
    default: defaultDataFolder(),
    meaning: "folder of everything durable",
    isPath: true,
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
  serviceRoles: {
    flag: "--service-roles",
    variable: "SLUICE_SERVICE_ROLES",
    default: "off",
    meaning:
      "act with each deployment group's service role in the local cloud, too, which must exist, trust codedeploy.amazonaws.com and have the rights, as on AWS; without it the control plane acts as administrator for everybody who may write a deployment group: on or off",
  },
  database: {
    flag: "--database <url>",
    variable: "SLUICE_DATABASE",
    default: "",
    meaning:
      "PostgreSQL that several nodes share, as postgres://USER@HOST/NAME; a password is better in PGPASSWORD or a .pgpass file than here; for sluice server alone",
  },
  key: {
    flag: "--key <file>",
    variable: "SLUICE_KEY",
    default: "",
    meaning: "key of the house, the same at all nodes; by default identities.key of the data folder",
  },
  advertise: {
    flag: "--advertise <url>",
    variable: "SLUICE_ADVERTISE",
    default: "",
    meaning: "where the other nodes reach this one; by default where it listens",
  },
  insecureNodes: {
    flag: "--insecure-nodes",
    variable: "SLUICE_INSECURE_NODES",
    default: "off",
    meaning:
      "the network between the nodes is theirs alone, so that they may talk over plain HTTP: whoever is on the way can make any caller's requests: on or off",
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
  scriptLogs: {
    flag: "--script-logs <MiB>",
    variable: "SLUICE_SCRIPT_LOGS",
    default: "256",
    meaning: "how many MiB of what scripts on hosts have printed are kept; the oldest lines are deleted",
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
  log: {
    flag: "--log <level>",
    variable: "SLUICE_LOG",
    default: "warn",
    meaning: "log level of the server: trace, debug, info, warn, error",
  },
  ...operatingSettings,
} as const satisfies Record<string, Setting>;

/** The account that everything in a local cloud belongs to; AWS's own documentation uses it for examples. */
export const accountId = "123456789012";

type Flags = Readonly<Partial<Record<keyof typeof settings, string | true>>>;

/** The name of a setting. */
export type SettingName = keyof typeof settings;

/** Where a configuration file is looked for when none is named: in the data folder, then the machine's. */
const fileNameInData = "sluice.yaml";
const machineFile = "/etc/sluice/sluice.yaml";

/**
 * Returns the settings in force: a flag wins over the environment, the environment over the configuration file, and that
 * over the default. Throws with what was found and expected.
 */
export function configuration(flags: Flags) {
  const given = (name: SettingName): string | undefined =>
    flags[name] === true ? "on" : (flags[name] ?? process.env[settings[name].variable]); // a flag without a value is switched on
  const { file, found } = fileInForce(given("config"), given("data"));
  const [wrong] = found?.findings ?? [];
  if (wrong !== undefined)
    throw new Error(
      `Cannot use ${file}, line ${wrong.line}: ${wrong.message}. All findings: sluice config check ${file}`,
    );
  return inForce((name) => given(name) ?? found?.texts[name] ?? settings[name].default);
}

/** Returns the configuration file that a command uses, and what is in it; undefined when there is none. */
export function fileInForce(
  named: string | undefined,
  dataFolder: string = settings.data.default,
): { readonly file?: string | undefined; readonly found?: FoundSettings | undefined } {
  const inData = join(resolve(dataFolder), fileNameInData);
  const isNamed = named !== undefined && named !== "";
  for (const file of isNamed ? [resolve(named)] : [inData, machineFile]) {
    const reading = { settings, isOptional: !isNamed, isInData: file === inData, check: problemOf };
    const found = readConfigFile(file, reading);
    if (found !== undefined) return { file, found };
  }
  return {};
}

/** Says why a setting cannot have this value; undefined when it can. */
function problemOf(name: string, text: string): string | undefined {
  try {
    inForce((other) => (other === name ? text : settings[other].default));
    return undefined;
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

function inForce(value: (name: SettingName) => string) {
  return {
    ...operatingValues(value),
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
    database: databaseUrl(value("database")),
    keyFile: resolve(value("key") || join(value("data"), "identities.key")),
    advertise: nodeAddress(value("advertise")),
    insecureNodes: oneOf("plain HTTP between nodes", value("insecureNodes"), ["on", "off"] as const) === "on",
    driver: oneOf("driver", value("driver"), ["auto", "ns", "plain"] as const),
    chaos: chaosOf(value("chaos")),
    eventsUrl: webhook(value("events")),
    scriptLogBytesMax: countOf("MiB of script logs", value("scriptLogs")) * 1024 * 1024,
    eventsMax: countOf("changes of state", value("eventLog")),
    timeScale: timeScaleOf(value("timeScale")),
    loadBalancer: oneOf("load balancer", value("loadBalancer"), ["builtin", "haproxy"] as const),
    logLevel: oneOf("log level", value("log"), ["trace", "debug", "info", "warn", "error"] as const),
  };
}

/** All settings, in force. */
export type Configuration = ReturnType<typeof inForce>;

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
