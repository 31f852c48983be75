import assert from "node:assert/strict";
import { test } from "node:test";
import type { Action, ElasticLoadBalancingV2, Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { routeTraffic } from "./listeners.ts";

const pair = { blue: "arn:targetgroup/blue/1", green: "arn:targetgroup/green/2" };
const forward = (...weights: readonly (readonly [string, number])[]): Action => ({
  Type: "forward",
  Order: 2,
  ForwardConfig: {
    TargetGroups: weights.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight })),
    TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
  },
});

/** A load balancer of AWS's with one listener, and the changes that are made to it. */
function openBalancer(DefaultActions: Action[], { Protocol = "HTTPS", Rules = [] as Rule[] } = {}) {
  const changes: object[] = [];
  const elb = {
    describeListeners: async () => ({ Listeners: [{ Protocol, DefaultActions }] }),
    describeRules: async () => ({ Rules }),
    modifyListener: async (input: object) => void changes.push(input),
    modifyRule: async (input: object) => void changes.push(input),
  } as unknown as ElasticLoadBalancingV2; // what is asked of AWS here
  return { changes, to: (percent: number) => routeTraffic(elb, { listener: "l", pair, percent, planned: [0, 20] }) };
}

test("what logs users in before traffic is forwarded stays in its place, with the secret that is never shown", async () => {
  const oidc: Action = {
    Type: "authenticate-oidc",
    Order: 1,
    AuthenticateOidcConfig: {
      Issuer: "https://id.example",
      AuthorizationEndpoint: "https://id.example/a",
      TokenEndpoint: "https://id.example/t",
      UserInfoEndpoint: "https://id.example/u",
      ClientId: "shop",
      OnUnauthenticatedRequest: "deny",
    },
  };
  const cognito: Action = {
    Type: "authenticate-cognito",
    Order: 1,
    AuthenticateCognitoConfig: { UserPoolArn: "arn:pool", UserPoolClientId: "shop", UserPoolDomain: "shop" },
  };
  const Rules: Rule[] = [
    { RuleArn: "default", IsDefault: true, Actions: [] },
    { RuleArn: "members", IsDefault: false, Actions: [cognito, forward([pair.blue, 1])] },
    { RuleArn: "elsewhere", IsDefault: false, Actions: [{ Type: "forward", TargetGroupArn: "other" }] },
    { RuleArn: "moved", IsDefault: false, Actions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } }] },
  ];
  const { changes, to } = openBalancer([oidc, forward([pair.blue, 100], [pair.green, 0])], { Rules });

  assert.equal(await to(20), undefined);

  const withSecret = {
    ...oidc,
    AuthenticateOidcConfig: { ...oidc.AuthenticateOidcConfig, UseExistingClientSecret: true },
  };
  assert.deepEqual(changes, [
    { ListenerArn: "l", DefaultActions: [withSecret, forward([pair.blue, 80], [pair.green, 20])] },
    { RuleArn: "members", Actions: [cognito, forward([pair.blue, 80], [pair.green, 20])] },
  ]);
});

test("a Network Load Balancer's listener leads to one target group, and changes with all of the traffic", async () => {
  const { changes, to } = openBalancer([{ Type: "forward", TargetGroupArn: pair.blue }], { Protocol: "TCP" });

  assert.equal(await to(0), undefined);
  assert.equal(await to(100), undefined);

  assert.deepEqual(changes, [{ ListenerArn: "l", DefaultActions: [{ Type: "forward", TargetGroupArn: pair.green }] }]);
});

test("weights that the plan does not have, a third target group and a listener that is gone are each said", async () => {
  const refusalOf = async (...actions: Action[]) => {
    const { changes, to } = openBalancer(actions);
    const refusal = await to(20);
    assert.deepEqual(changes, []);
    return refusal?.is === "failed" ? refusal.error.message : "";
  };

  assert.match(
    await refusalOf(forward([pair.blue, 50], [pair.green, 50])),
    /blue \(weight 50\) and green \(weight 50\)/,
  );
  assert.match(await refusalOf(forward([pair.blue, 80], ["arn:targetgroup/other/3", 20])), /other \(weight 20\)/);
  assert.match(await refusalOf({ Type: "fixed-response" }), /forwards to no target group/);
  const gone = { describeListeners: async () => ({}) } as unknown as ElasticLoadBalancingV2;
  const refusal = await routeTraffic(gone, { listener: "l", pair, percent: 0 });
  assert.match(refusal?.is === "failed" ? refusal.error.message : "", /The listener l has been deleted/);
});
