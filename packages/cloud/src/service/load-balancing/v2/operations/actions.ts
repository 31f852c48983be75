import type { Action, ForwardActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";
import { Fault } from "@sluice/aws-protocol";
import { groupsOf, type LoadBalancerRecord, type LoadBalancingRecords } from "../records.ts";
import { targetGroupOf } from "./target-groups.ts";

/** AWS's own limits. */
const groupsMax = 5;
const weightMax = 999;
const fixedBodyMax = 1024;
const stickySecondsMax = 604_800;

const contentTypes = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/** Checks the actions of a listener or rule, and returns them as AWS describes them. */
export function checkedActions(
  records: LoadBalancingRecords,
  loadBalancer: LoadBalancerRecord,
  actions: readonly Action[],
): readonly Action[] {
  const [action] = actions;
  if (action === undefined || actions.length > 1)
    throw new Fault("ValidationError", `One action must be specified, and ${actions.length} are`);
  if (loadBalancer.type === "network" && action.Type !== "forward")
    throw new Fault("InvalidLoadBalancerAction", `Network load balancers have no action '${action.Type}'`);
  switch (action.Type) {
    case "forward":
      return [checkedForward(records, loadBalancer, action)];
    case "fixed-response":
      return [checkedFixedResponse(action)];
    case "redirect":
      return [checkedRedirect(action)];
    default:
      throw new Fault(
        "ValidationError",
        `Action type '${action.Type}' is not supported by the local cloud: it must be 'forward', 'fixed-response' or 'redirect'`,
      );
  }
}

function checkedForward(records: LoadBalancingRecords, loadBalancer: LoadBalancerRecord, action: Action): Action {
  const config: ForwardActionConfig = action.ForwardConfig?.TargetGroups?.length
    ? action.ForwardConfig
    : { ...action.ForwardConfig, TargetGroups: [{ TargetGroupArn: action.TargetGroupArn, Weight: 1 }] };
  const groups = (config.TargetGroups ?? []).map(({ TargetGroupArn, Weight = 1 }) => ({ TargetGroupArn, Weight }));
  if (groups.length > groupsMax)
    throw new Fault("TooManyTargetGroups", `An action forwards to at most ${groupsMax} target groups`);
  const wanted = loadBalancer.type === "application" ? "HTTP" : "TCP";
  const users = records.users();
  for (const { TargetGroupArn, Weight } of groups) {
    const group = targetGroupOf(records, TargetGroupArn);
    if (group.protocol !== wanted)
      throw new Fault(
        "IncompatibleProtocols",
        `Target group '${group.arn}' speaks ${group.protocol}, and this load balancer forwards to groups that speak ${wanted}`,
      );
    if ([...(users.get(group.arn) ?? [])].some((arn) => arn !== loadBalancer.arn))
      throw new Fault(
        "TargetGroupAssociationLimit",
        `The following target groups cannot be associated with more than one load balancer: ${group.arn}`,
      );
    if (!Number.isInteger(Weight) || Weight < 0 || Weight > weightMax)
      throw new Fault("ValidationError", `Weight '${Weight}' must be between '0' and '${weightMax}'`);
  }
  if (new Set(groups.map(({ TargetGroupArn }) => TargetGroupArn)).size < groups.length)
    throw new Fault("ValidationError", "A target group may be named only once in an action");
  const sticky = config.TargetGroupStickinessConfig ?? { Enabled: false };
  const { DurationSeconds } = sticky;
  if (sticky.Enabled === true && !(Number(DurationSeconds) >= 1 && Number(DurationSeconds) <= stickySecondsMax))
    throw new Fault(
      "ValidationError",
      `Stickiness duration '${DurationSeconds}' must be between '1' and '${stickySecondsMax}'`,
    );
  const [only, ...others] = groupsOf({ Type: "forward", ForwardConfig: config });
  return {
    Type: "forward",
    TargetGroupArn: others.length === 0 ? only : undefined,
    Order: 1,
    ForwardConfig: { TargetGroups: groups, TargetGroupStickinessConfig: sticky },
  };
}

function checkedFixedResponse({ FixedResponseConfig: config }: Action): Action {
  const { StatusCode = "", ContentType = "text/plain", MessageBody = "" } = config ?? {};
  if (!/^[245]\d\d$/.test(StatusCode))
    throw new Fault("ValidationError", `The status code '${StatusCode}' must be 2XX, 4XX or 5XX`);
  if (!contentTypes.includes(ContentType))
    throw new Fault("ValidationError", `The content type '${ContentType}' must be one of ${contentTypes.join(", ")}`);
  if (MessageBody.length > fixedBodyMax)
    throw new Fault("ValidationError", `The message body has at most ${fixedBodyMax} characters`);
  return { Type: "fixed-response", Order: 1, FixedResponseConfig: { StatusCode, ContentType, MessageBody } };
}

function checkedRedirect({ RedirectConfig: config }: Action): Action {
  const {
    StatusCode,
    Protocol = "#{protocol}",
    Host = "#{host}",
    Port = "#{port}",
    Path = "/#{path}",
    Query = "#{query}",
  } = config ?? {};
  if (StatusCode !== "HTTP_301" && StatusCode !== "HTTP_302")
    throw new Fault("ValidationError", `The redirect status '${StatusCode}' must be HTTP_301 or HTTP_302`);
  for (const [name, value] of Object.entries({ Protocol, Host, Port, Path, Query }))
    if (!/^[!-~]{0,128}$/.test(value))
      throw new Fault("ValidationError", `The redirect's ${name.toLowerCase()} '${value}' is not valid`);
  if (!/^(https?|#\{protocol\})$/i.test(Protocol))
    throw new Fault("ValidationError", `The redirect's protocol '${Protocol}' must be HTTP, HTTPS or #{protocol}`);
  if (!Path.startsWith("/")) throw new Fault("ValidationError", `The redirect's path '${Path}' must begin with '/'`);
  if ([Protocol, Host, Port, Path, Query].join() === "#{protocol},#{host},#{port},/#{path},#{query}")
    throw new Fault("InvalidLoadBalancerAction", "The redirect leads back to itself");
  return { Type: "redirect", Order: 1, RedirectConfig: { Protocol, Host, Port, Path, Query, StatusCode } };
}
