import type { IncomingMessage } from "node:http";
import { BlockList, isIPv6 } from "node:net";
import type { Action, Condition, Rule } from "./configuration.ts";

type Matches = (request: IncomingMessage) => boolean;

/** Makes rules ready to be asked: gives a function from a request to the action of the first rule that it meets. */
export function actionChooser(rules: readonly Rule[]): (request: IncomingMessage) => Action | undefined {
  const prepared = rules.map(({ conditions, action }) => ({ tests: conditions.map(prepare), action }));
  return (request) => prepared.find(({ tests }) => tests.every((test) => test(request)))?.action;
}

function prepare(condition: Condition): Matches {
  switch (condition.field) {
    case "path": {
      const patterns = condition.values.map((value) => wildcard(value, ""));
      return ({ url = "/" }) => patterns.some((pattern) => pattern.test(url.split("?", 1)[0] ?? url));
    }
    case "host": {
      const patterns = condition.values.map((value) => wildcard(value, "i"));
      return ({ headers: { host = "" } }) => patterns.some((pattern) => pattern.test(host.replace(/:\d*$/, "")));
    }
    case "method":
      return ({ method = "" }) => condition.values.includes(method);
    case "source-ip": {
      const list = new BlockList();
      for (const value of condition.values) {
        const [address = "", bits = "32"] = value.split("/");
        list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
      }
      return ({ socket: { remoteAddress = "" } }) => list.check(remoteAddress);
    }
    case "header": {
      const name = condition.name.toLowerCase();
      const patterns = condition.values.map((value) => wildcard(value, "i"));
      return ({ headers }) => {
        const value = headers[name];
        return value !== undefined && patterns.some((pattern) => pattern.test(String(value)));
      };
    }
    case "query":
      return queryTest(condition.values);
  }
}

function queryTest(values: Extract<Condition, { field: "query" }>["values"]): Matches {
  const patterns = values.map(({ key, value }) => ({
    key: key === undefined ? undefined : wildcard(key, "i"),
    value: wildcard(value, "i"),
  }));
  return ({ url = "/" }) => {
    const at = url.indexOf("?");
    if (at === -1) return false;
    const pairs = [...new URLSearchParams(url.slice(at + 1))];
    return patterns.some(({ key, value }) =>
      pairs.some(([name, text]) => (key === undefined || key.test(name)) && value.test(text)),
    );
  };
}

/** `*` stands for any text, `?` for one character. */
function wildcard(pattern: string, flags: "" | "i"): RegExp {
  const source = pattern.replaceAll(/[\s\S]/gu, (character) => {
    if (character === "*") return "[^]*?";
    return character === "?" ? "[^]" : RegExp.escape(character);
  });
  return new RegExp(`^${source}$`, flags);
}
