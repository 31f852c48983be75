import { BlockList, isIPv6 } from "node:net";
import type { Action, Condition, Rule } from "./configuration.ts";
import { valueOf } from "./message-head.ts";
import type { RequestHead } from "./request-head.ts";

type Matches = (request: RequestHead, address: string) => boolean;

/** Gives the action for a request from a client's address. */
export type Chooser = (request: RequestHead, address: string) => Action | undefined;

/** Makes rules ready to be asked: a request gets the action of the first rule that it meets. */
export function actionChooser(rules: readonly Rule[]): Chooser {
  const prepared = rules.map(({ conditions, action }) => ({ tests: conditions.map(prepare), action }));
  const [first] = prepared;
  if (first !== undefined && first.tests.length === 0) return () => first.action;
  return (request, address) => prepared.find(({ tests }) => tests.every((test) => test(request, address)))?.action;
}

function prepare(condition: Condition): Matches {
  switch (condition.field) {
    case "path": {
      const patterns = condition.values.map((value) => wildcard(value, ""));
      return ({ target }) => patterns.some((pattern) => pattern.test(target.split("?", 1)[0] ?? target));
    }
    case "host": {
      const patterns = condition.values.map((value) => wildcard(value, "i"));
      return ({ host }) => patterns.some((pattern) => pattern.test(host.replace(/:\d*$/, "")));
    }
    case "method":
      return ({ method }) => condition.values.includes(method);
    case "source-ip": {
      const list = new BlockList();
      for (const value of condition.values) {
        const [address = "", bits = "32"] = value.split("/");
        list.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4");
      }
      return (_, address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
    }
    case "header": {
      const name = condition.name.toLowerCase();
      const patterns = condition.values.map((value) => wildcard(value, "i"));
      return ({ fields }) => {
        const value = valueOf(fields, name);
        return value !== undefined && patterns.some((pattern) => pattern.test(value));
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
  return ({ target }) => {
    const at = target.indexOf("?");
    if (at === -1) return false;
    const pairs = [...new URLSearchParams(target.slice(at + 1))];
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
