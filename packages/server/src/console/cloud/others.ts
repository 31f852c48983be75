import type { Clients } from "../../gateways/clients.ts";
import type { Cloud } from "../contract.ts";
import { allPages, withToken } from "./pages.ts";

type Rows<Part extends keyof Cloud> = Promise<Extract<Cloud[Part], readonly unknown[]>>;

/** The alarms of metrics. */
export async function alarms(clients: Clients): Rows<"alarms"> {
  const cloudWatch = await clients.cloudWatch();
  const found = await allPages(async (token) => {
    const { MetricAlarms, NextToken } = await cloudWatch.describeAlarms(withToken("NextToken", token));
    return { rows: MetricAlarms, next: NextToken };
  });
  return found.map(({ AlarmName = "", StateValue, StateReason = "", StateUpdatedTimestamp }) => ({
    name: AlarmName,
    state: StateValue ?? "INSUFFICIENT_DATA",
    reason: StateReason,
    since: StateUpdatedTimestamp?.getTime(),
  }));
}

/** The buckets. */
export async function buckets(clients: Clients): Rows<"buckets"> {
  const { Buckets = [] } = await (await clients.s3()).listBuckets({});
  return Buckets.map(({ Name = "", CreationDate }) => ({ name: Name, createTime: CreationDate?.getTime() }));
}

/** The topics of notifications. */
export async function topics(clients: Clients): Rows<"topics"> {
  const sns = await clients.sns();
  const found = await allPages(async (token) => {
    const { Topics, NextToken } = await sns.listTopics(withToken("NextToken", token));
    return { rows: Topics, next: NextToken };
  });
  return found.map(({ TopicArn = "" }) => ({ arn: TopicArn }));
}

/** The roles. */
export async function roles(clients: Clients): Rows<"roles"> {
  const iam = await clients.iam();
  const found = await allPages(async (token) => {
    const { Roles, Marker } = await iam.listRoles(withToken("Marker", token));
    return { rows: Roles, next: Marker };
  });
  return found.map(({ RoleName = "", Arn = "" }) => ({ name: RoleName, arn: Arn }));
}
