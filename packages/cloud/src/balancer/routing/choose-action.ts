import { BlockList, isIPv6 } from "node:net";
import { fits, readPattern } from "@sluice/aws-protocol/wildcards";
import type { Action, Condition, Rule } from "../control/configuration.ts";
import { valueOf } from "../http/message-head.ts";
import type { RequestHead } from "../http/request-head.ts";

type Matches = (request: RequestHead, address: string) => boolean;

/** Returns the action for a request from a client's address. */
export type Chooser = (request: RequestHead, address: string) => Action | undefined;

/** Prepares rules: a request gets the action of the first rule whose conditions it meets. */
export function actionChooser(rules: readonly Rule[]): Chooser {
  const prepared = rules.map(({ conditions, action }) => ({ tests: conditions.map(prepare), action }));
  const [first] = prepared;
  if (first !== undefined && first.tests.length === 0) return () => first.action;
  return (request, address) => prepared.find(({ tests }) => tests.every((test) => test(request, address)))?.action;
}

function prepare(condition: Condition): Matches {
  switch (condition.field) {
    case "path": {
      const patterns = condition.values.map(read);
      return ({ target }) => patterns.some((pattern) => fits(target.split("?", 1)[0] ?? target, pattern));
    }
    case "host": {
      const patterns = condition.values.map(lower).map(read);
      return ({ host }) => {
        const name = lower(host).replace(/:\d*$/, "");
        return patterns.some((pattern) => fits(name, pattern));
      };
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
      const patterns = condition.values.map(lower).map(read);
      return ({ fields }) => {
        const value = valueOf(fields, name);
        return value !== undefined && patterns.some((pattern) => fits(lower(value), pattern));
      };
    }
    case "query":
      return queryTest(condition.values);
  }
}

function queryTest(values: Extract<Condition, { field: "query" }>["values"]): Matches {
  const patterns = values.map(({ key, value }) => ({
    key: read(lower(key ?? "*")),
    value: read(lower(value)),
  }));
  return ({ target }) => {
    const at = target.indexOf("?");
    if (at === -1) return false;
    const pairs = [...new URLSearchParams(target.slice(at + 1))];
    return patterns.some(({ key, value }) =>
      pairs.some(([name, text]) => fits(lower(name), key) && fits(lower(text), value)),
    );
  };
}

const lower = (text: string): string => text.toLowerCase();
const read = (pattern: string) => readPattern(pattern, { hasOneCharacter: true, hasEscapes: false });
