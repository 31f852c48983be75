import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Fault } from "@sluice/aws-protocol";
import { checkedActions } from "./actions.ts";
import type { LoadBalancingContext, LoadBalancingOperations } from "../context.ts";
import { listenerOf } from "./listeners.ts";
import { loadBalancerOf } from "./load-balancers.ts";
import { arnOf, newArnSuffix, page, pathOf } from "../names.ts";
import type { ListenerRecord, RuleRecord } from "../records.ts";
import { checkedConditions } from "./rule-conditions.ts";
import { mergeTags } from "./tags.ts";

/** AWS's own limits. */
const priorityMax = 50_000;
const rulesMax = 100;

/** Operations on the rules of listeners. */
export const ruleOperations: LoadBalancingOperations = {
  async CreateRule(context, { ListenerArn, Conditions = [], Priority = 0, Actions = [], Tags = [] }) {
    const { records, balancing } = context;
    const listener = listenerOf(records, ListenerArn);
    const loadBalancer = loadBalancerOf(records, listener.loadBalancerArn);
    if (loadBalancer.type === "network")
      throw new Fault("UnsupportedProtocol", "Listeners of network load balancers have no rules");
    const rules = records.rulesOf(listener.arn);
    if (rules.length >= rulesMax) throw new Fault("TooManyRules", `A listener has at most ${rulesMax} rules`);
    checkPriority(Priority, rules);
    const made: RuleRecord = {
      arn: arnOf(context, `listener-rule/${pathOf(listener.arn)}/${newArnSuffix()}`),
      listenerArn: listener.arn,
      priority: Priority,
      conditions: checkedConditions(Conditions),
      actions: checkedActions(records, loadBalancer, Actions),
      tags: mergeTags([], Tags),
    };
    records.rules.put(made.arn, made);
    await balancing.apply();
    return { Rules: [describe(made)] };
  },

  async ModifyRule({ records, balancing }, { RuleArn, Conditions, Actions }) {
    const rule = ruleOf(records, RuleArn);
    const loadBalancer = loadBalancerOf(records, listenerOf(records, rule.listenerArn).loadBalancerArn);
    const changed: RuleRecord = {
      ...rule,
      conditions: Conditions === undefined ? rule.conditions : checkedConditions(Conditions),
      actions: Actions === undefined ? rule.actions : checkedActions(records, loadBalancer, Actions),
    };
    records.rules.put(rule.arn, changed);
    await balancing.apply();
    return { Rules: [describe(changed)] };
  },

  DescribeRules({ records }, { ListenerArn, RuleArns = [], ...paging }) {
    if (ListenerArn === undefined && RuleArns.length === 0)
      throw new Fault("ValidationError", "You must specify either listener ARN or rule ARNs");
    const listeners = ListenerArn === undefined ? records.listeners.all() : [listenerOf(records, ListenerArn)];
    const all = listeners.flatMap((listener) => [
      ...records.rulesOf(listener.arn).map(describe),
      describeDefault(listener),
    ]);
    if (RuleArns.some((arn) => !all.some(({ RuleArn }) => RuleArn === arn)))
      throw new Fault("RuleNotFound", "One or more rules not found");
    const wanted = all.filter(({ RuleArn = "" }) => RuleArns.length === 0 || RuleArns.includes(RuleArn));
    const { items, next } = page(wanted, paging);
    return { Rules: [...items], ...next };
  },

  async DeleteRule({ records, balancing }, { RuleArn }) {
    records.rules.delete(ruleOf(records, RuleArn).arn);
    await balancing.apply();
  },

  async SetRulePriorities({ records, balancing }, { RulePriorities = [] }) {
    const changed = RulePriorities.map(({ RuleArn, Priority = 0 }) => ({
      ...ruleOf(records, RuleArn),
      priority: Priority,
    }));
    for (const rule of changed) {
      const others = [
        ...records.rulesOf(rule.listenerArn).filter(({ arn }) => !changed.some((one) => one.arn === arn)),
        ...changed.filter((one) => one !== rule && one.listenerArn === rule.listenerArn),
      ];
      checkPriority(rule.priority, others);
    }
    for (const rule of changed) records.rules.put(rule.arn, rule);
    await balancing.apply();
    return { Rules: changed.map(describe) };
  },
};

function ruleOf(records: LoadBalancingContext["records"], arn: string | undefined): RuleRecord {
  const found = records.rules.find(arn ?? "");
  if (found !== undefined) return found;
  if (records.listeners.all().some((listener) => defaultRuleArn(listener) === arn))
    throw new Fault("OperationNotPermitted", `Default rule '${arn}' cannot be changed: modify its listener instead`);
  throw new Fault("RuleNotFound", "One or more rules not found");
}

function checkPriority(priority: number, others: readonly RuleRecord[]): void {
  if (!Number.isInteger(priority) || priority < 1 || priority > priorityMax)
    throw new Fault("ValidationError", `Rule priority '${priority}' must be between '1' and '${priorityMax}'`);
  if (others.some((rule) => rule.priority === priority))
    throw new Fault("PriorityInUse", `Priority '${priority}' is currently in use`);
}

/** A listener's default actions are described as a rule without a record of its own: its ARN is made from the listener's. */
function defaultRuleArn({ arn }: ListenerRecord): string {
  return `${arn.replace(":listener/", ":listener-rule/")}/${arn.slice(arn.lastIndexOf("/") + 1)}`;
}

function describeDefault(listener: ListenerRecord): Rule {
  return {
    RuleArn: defaultRuleArn(listener),
    Priority: "default",
    Conditions: [],
    Actions: [...listener.defaultActions],
    IsDefault: true,
  };
}

function describe(rule: RuleRecord): Rule {
  return {
    RuleArn: rule.arn,
    Priority: String(rule.priority),
    Conditions: [...rule.conditions],
    Actions: [...rule.actions],
    IsDefault: false,
  };
}
