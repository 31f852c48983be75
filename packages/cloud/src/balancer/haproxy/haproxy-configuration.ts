import { tokenOf } from "../routing/upstreams.ts";
import type { Action, Condition, BalancerConfiguration, Listener, Target } from "../control/configuration.ts";

/** The server slots of each group's backend. Which target has which slot changes while HAProxy runs. */
type Slots = ReadonlyMap<string, readonly (Target | undefined)[]>;

/** One port of a configuration. */
interface PortConfiguration {
  readonly port: number;
  readonly configuration: BalancerConfiguration;
  readonly slots: Slots;
  readonly folder: string;
}

/** Returns HAProxy's configuration file for one port. */
export function haproxyText({ port, configuration, slots, folder }: PortConfiguration): string {
  const listeners = configuration.listeners.filter((listener) => listener.port === port);
  const [first] = listeners;
  const idle = `${Math.max(...listeners.map(({ idleSeconds }) => idleSeconds))}s`;
  const groups = groupsOf(listeners);
  return [
    "global",
    "  nbthread 1",
    "  maxconn 4096",
    `  stats socket ${folder}/control.sock mode 600 level admin`,
    "defaults",
    `  mode ${first?.protocol === "TCP" ? "tcp" : "http"}`,
    "  timeout connect 10s",
    `  timeout client ${idle}`,
    `  timeout server ${idle}`,
    `  timeout tunnel ${idle}`,
    "  option redispatch",
    "  retries 2",
    ...(first?.protocol === "TCP" ? tcpFrontend(first, folder) : httpFrontend(listeners, folder)),
    ...groups.flatMap((group) => backend(group, configuration, slots)),
    "",
  ].join("\n");
}

/** Returns the groups that a port's listeners name, each once. */
export function groupsOf(listeners: readonly Listener[]): readonly string[] {
  const named = listeners.flatMap(({ rules }) =>
    rules.flatMap(({ action }) => (action.type === "forward" ? action.groups.map(({ group }) => group) : [])),
  );
  return [...new Set(named)];
}

/** Returns the files for the folder of certificates, the default one first: HAProxy reads them in the order of their names. */
export function certificatesOf(listeners: readonly Listener[]): readonly string[] {
  return listeners.flatMap(({ tls }) => (tls?.certificates ?? []).map(({ cert, key }) => `${cert}\n${key}\n`));
}

/** How HAProxy takes its inherited socket. The hash of the certificates makes a change of them a change of the text. */
function binding(listeners: readonly Listener[], folder: string): readonly string[] {
  const tls = listeners[0]?.tls;
  if (tls === undefined) return ["  bind fd@3"];
  return [
    `  # certificates ${tokenOf(certificatesOf(listeners).join(""))}`,
    `  bind fd@3 ssl crt ${folder}/certificates alpn http/1.1 ssl-min-ver ${tls.versionMin}`,
  ];
}

function tcpFrontend(listener: Listener, folder: string): readonly string[] {
  const action = listener.rules[0]?.action;
  const group = action?.type === "forward" ? action.groups[0]?.group : undefined;
  const backend = group === undefined ? [] : [`  default_backend ${backendOf(group)}`];
  return ["frontend port", ...binding([listener], folder), ...backend];
}

function httpFrontend(listeners: readonly Listener[], folder: string): readonly string[] {
  const protocol = listeners[0]?.tls === undefined ? "http" : "https";
  const lines = [
    "  option forwardfor",
    "  option idle-close-on-response",
    "  http-reuse safe",
    "  retry-on conn-failure empty-response",
    "  timeout http-request 60s",
    ...[400, 502, 503, 504].map((status) => `  errorfile ${status} ${folder}/${status}.http`),
    "frontend port",
    ...binding(listeners, folder),
    `  http-request set-header X-Forwarded-Proto ${protocol}`,
    `  http-request set-header X-Forwarded-Port ${listeners[0]?.port}`,
    // Once a target may have seen a request, only idempotent ones are sent again.
    "  http-request disable-l7-retry unless { method GET HEAD OPTIONS }",
  ];
  const chosen: string[] = [];
  const actions: string[] = [];
  // The first listener serves requests for none of the names, so it comes last.
  for (const [at, listener] of [...listeners.slice(1), ...listeners.slice(0, 1)].entries()) {
    const isLast = at === listeners.length - 1;
    const host = isLast ? "" : `{ hdr(host),lower,field(1,:) -m str ${quote(listener.hostname)} } `;
    for (const [number, { conditions, action }] of listener.rules.entries()) {
      const name = `a${at}-${number}`;
      const tests = conditions.map((condition) => `{ ${test(condition)} }`).join(" ");
      chosen.push(
        `  http-request set-var(txn.action) str(${name}) if !{ var(txn.action) -m found } ${host}${tests}`.trimEnd(),
      );
      actions.push(...actionLines(name, action, protocol));
    }
  }
  const isRule = (line: string) => line.startsWith("  http-request");
  return [...lines, ...chosen, ...actions.filter(isRule), ...actions.filter((line) => !isRule(line))];
}

function actionLines(name: string, action: Action, protocol: "http" | "https"): readonly string[] {
  const when = `if { var(txn.action) -m str ${name} }`;
  if (action.type === "fixed-response") {
    // For HAProxy a text ends at the first NUL, and it refuses one that is empty.
    const text = action.body.replaceAll("\0", "");
    const body = text === "" ? "" : ` content-type ${quote(action.contentType)} string ${quote(text)}`;
    return [`  http-request return status ${action.status}${body} ${when}`];
  }
  if (action.type === "redirect") {
    const parts: Readonly<Record<string, string>> = {
      protocol,
      host: "%[hdr(host),field(1,:)]",
      port: "%[dst_port]",
      path: "%[path,regsub(^/,)]",
      query: "%[query]",
    };
    const fill = (text: string) =>
      text
        .replaceAll("%", "%%")
        .replaceAll(/#\{(protocol|host|port|path|query)\}/g, (_, part: string) => parts[part] ?? "");
    const query = action.query === "" ? "" : `?${fill(action.query)}`;
    const location = `${fill(action.protocol).toLowerCase()}://${fill(action.host)}:${fill(action.port)}${fill(action.path)}${query}`;
    return [`  http-request redirect location ${quote(location)} code ${action.status} ${when}`];
  }
  const all = action.groups.reduce((sum, { weight }) => sum + weight, 0);
  if (action.groups.length > 1 && all === 0) return [`  http-request deny deny_status 503 ${when}`];
  if (action.groups.length === 1) return [`  use_backend ${backendOf(action.groups[0]?.group ?? "")} ${when}`];
  let below = 0;
  const shares = action.groups.map(({ group, weight }) => {
    below += weight;
    return `  use_backend ${backendOf(group)} ${when} { var(txn.share) -m int lt ${below} }`;
  });
  return [`  http-request set-var(txn.share) rand(${all}) ${when}`, ...shares];
}

function test(condition: Condition): string {
  switch (condition.field) {
    case "path":
      return `path -m reg ${condition.values.map((value) => pattern(value)).join(" ")}`;
    case "host":
      return `hdr(host),field(1,:) -m reg -i ${condition.values.map((value) => pattern(value)).join(" ")}`;
    case "header":
      return `${fetchOf("hdr", condition.name)} -m reg -i ${condition.values.map((value) => pattern(value)).join(" ")}`;
    case "method":
      return `method ${condition.values.map(quote).join(" ")}`;
    case "source-ip":
      return `src ${condition.values.map(quote).join(" ")}`;
    case "query": {
      const pairs = condition.values.map(
        ({ key = "*", value }) => `(^|&)${wildcard(key, "[^&=]")}=${wildcard(value, "[^&]")}(&|$)`,
      );
      return `query -m reg -i ${pairs.map(quote).join(" ")}`;
    }
  }
}

const pattern = (value: string) => quote(`^${wildcard(value, ".")}$`);

function wildcard(value: string, any: string): string {
  return value.replaceAll(/[\s\S]/gu, (character) => {
    if (character === "*") return `${any}*`;
    return character === "?" ? any : character.replaceAll(/[^A-Za-z0-9 ]/g, "\\$&");
  });
}

function backend(id: string, { groups }: BalancerConfiguration, slots: Slots): readonly string[] {
  const group = groups.find((one) => one.id === id);
  const targets = slots.get(id) ?? [];
  const sticky = group?.sticky;
  const balance = group?.algorithm === "least_outstanding_requests" ? "leastconn" : "roundrobin";
  return [
    `backend ${backendOf(id)}`,
    `  balance ${sticky?.by === "source-ip" ? "source" : balance}`,
    ...(sticky?.by === "cookie" ? [`  cookie AWSALB insert indirect nocache maxlife ${sticky.seconds}s`] : []),
    ...(sticky?.by === "application-cookie" ? stickTable(sticky) : []),
    ...targets.map((target, slot) => {
      const cookie = sticky?.by === "cookie" ? ` cookie t${slot}` : "";
      const address = target === undefined ? "127.0.0.1:1" : `${target.host}:${target.port}`;
      return `  server t${slot} ${address}${cookie} pool-purge-delay 2s${target?.inRotation === true ? "" : " disabled"}`;
    }),
  ];
}

function stickTable({ name, seconds }: { readonly name: string; readonly seconds: number }): readonly string[] {
  return [
    `  stick-table type string len 128 size 100k expire ${seconds}s`,
    `  stick store-response ${fetchOf("res.cook", name)}`,
    `  stick match ${fetchOf("req.cook", name)}`,
  ];
}

/** Returns the name of a group's backend: an ARN has characters that HAProxy's names may not have. */
export const backendOf = (group: string): string => tokenOf(group);

/** Returns a word that has HAProxy fetch what is named: names may have a quotation mark or a `#`, which mean something in a word, and again among a word's arguments. */
const fetchOf = (method: string, name: string): string => quote(`${method}("${name}")`);

/**
 * Quotes a word for HAProxy's configuration language, in which a line's end is no part of a word, quoted or not: one text
 * with a newline would make HAProxy refuse the whole port, with everybody's listeners on it.
 */
function quote(text: string): string {
  const quoted = text.replaceAll("'", `'"'"'`);
  // oxlint-disable-next-line no-control-regex
  return `'${quoted.replaceAll(/[\u0000-\u001f\u007f]/g, (control) => `'\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}'`)}'`;
}
