import type { Filter } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import type { Ec2Context, Ec2Operations } from "../context.ts";
import { describeInstance, describeReservation, stateOf } from "./describe-instance.ts";
import { type FilterFields, matching } from "../filters.ts";
import { type InstanceRecord, stateCodes } from "./instance-record.ts";
import { vpc } from "../network/network.ts";
import { pageOf } from "../pagination.ts";
import { newInstances } from "./run-instances.ts";

/** Operations on instances. */
export const instanceOperations: Ec2Operations = {
  async RunInstances(context, input) {
    const { reservationId, created } = newInstances(context, input);
    context.fleet.add(created);
    const records = (await context.fleet.all()).filter((record) => record.reservationId === reservationId);
    return describeReservation(context, reservationId, records);
  },

  async DescribeInstances(context, { InstanceIds = [], Filters = [], MaxResults, NextToken }) {
    const records = await select(context, { InstanceIds, Filters });
    const { items, next } = pageOf(records, { MaxResults, NextToken });
    const reservations = Map.groupBy(items, ({ reservationId }) => reservationId);
    return {
      Reservations: [...reservations].map(([id, members]) => describeReservation(context, id, members)),
      NextToken: next,
    };
  },

  async DescribeInstanceStatus(
    context,
    { InstanceIds = [], Filters = [], IncludeAllInstances = false, MaxResults, NextToken },
  ) {
    const records = await select(context, { InstanceIds, Filters });
    const { items, next } = pageOf(
      records.filter(({ state }) => IncludeAllInstances || state === "running"),
      { MaxResults, NextToken },
    );
    return {
      InstanceStatuses: items.map((record) => ({
        InstanceId: record.id,
        AvailabilityZone: record.availabilityZone,
        InstanceState: stateOf(record),
        InstanceStatus: checkOf(record),
        SystemStatus: checkOf(record),
      })),
      NextToken: next,
    };
  },

  async TerminateInstances(context, { InstanceIds = [] }) {
    const changes = await change(
      context,
      InstanceIds,
      (record) =>
        record.state !== "terminated" && record.state !== "shutting-down" && context.fleet.terminate(record.id),
    );
    return { TerminatingInstances: changes };
  },

  async StopInstances(context, { InstanceIds = [] }) {
    return {
      StoppingInstances: await change(
        context,
        InstanceIds,
        (record) =>
          expect(record, ["running", "pending", "stopping", "stopped"]) &&
          (record.state === "running" || record.state === "pending") &&
          context.fleet.stop(record.id),
      ),
    };
  },

  async StartInstances(context, { InstanceIds = [] }) {
    return {
      StartingInstances: await change(
        context,
        InstanceIds,
        (record) =>
          expect(record, ["stopped", "running", "pending"]) &&
          record.state === "stopped" &&
          context.fleet.start(record.id),
      ),
    };
  },

  async RebootInstances(context, { InstanceIds = [] }) {
    await change(context, InstanceIds, (record) => expect(record, ["running"]) && context.fleet.reboot(record.id));
  },

  async GetConsoleOutput(context, { InstanceId = "" }) {
    await select(context, { InstanceIds: [InstanceId], Filters: [] });
    const output = await context.fleet.consoleOutput(InstanceId);
    return {
      InstanceId,
      Timestamp: new Date(context.clock()),
      Output: output.toString("base64"),
    };
  },

  async DescribeInstanceAttribute(context, { InstanceId = "", Attribute }) {
    const [record] = await select(context, { InstanceIds: [InstanceId], Filters: [] });
    if (record === undefined) return { InstanceId };
    switch (Attribute) {
      case "userData":
        return { InstanceId, UserData: { Value: record.userData } };
      case "instanceType":
        return { InstanceId, InstanceType: { Value: record.instanceType } };
      case "groupSet":
        return { InstanceId, Groups: describeInstance(context, record).SecurityGroups };
      case "disableApiTermination":
        return { InstanceId, DisableApiTermination: { Value: false } };
      default:
        throw new Fault(
          "InvalidParameterValue",
          `Value (${Attribute}) for parameter attribute is invalid: the local cloud tells userData, instanceType, groupSet and disableApiTermination`,
        );
    }
  },
};

const fields: FilterFields<InstanceRecord> = {
  "availability-zone": ({ availabilityZone }) => [availabilityZone],
  "client-token": ({ clientToken }) => [clientToken],
  "iam-instance-profile.arn": ({ instanceProfile }) => [instanceProfile],
  "image-id": ({ imageId }) => [imageId],
  "instance-id": ({ id }) => [id],
  "instance-state-code": ({ state }) => [String(stateCodes[state])],
  "instance-state-name": ({ state }) => [state],
  "instance-status.status": ({ state }) => [state === "running" ? "ok" : "not-applicable"],
  "system-status.status": ({ state }) => [state === "running" ? "ok" : "not-applicable"],
  "instance-type": ({ instanceType }) => [instanceType],
  "instance.group-id": ({ securityGroupIds = [vpc.securityGroup] }) => securityGroupIds,
  "key-name": ({ keyName }) => [keyName],
  "private-ip-address": ({ privateIp }) => [privateIp],
  "reservation-id": ({ reservationId }) => [reservationId],
  "subnet-id": ({ subnetId }) => [subnetId],
  "vpc-id": () => [vpc.id],
};

async function select(
  { fleet }: Ec2Context,
  { InstanceIds, Filters }: { InstanceIds: readonly string[]; Filters: readonly Filter[] },
): Promise<readonly InstanceRecord[]> {
  const records = await fleet.all();
  checkIds(InstanceIds, records);
  const wanted = new Set(InstanceIds);
  return matching(
    records.filter(({ id }) => wanted.size === 0 || wanted.has(id)),
    Filters,
    { fields, tagsOf: ({ tags }) => tags },
  );
}

function checkIds(ids: readonly string[], records: readonly InstanceRecord[]): void {
  const malformed = ids.find((id) => !/^i-[0-9a-f]{8,17}$/.test(id));
  if (malformed !== undefined) throw new Fault("InvalidInstanceID.Malformed", `Invalid id: "${malformed}"`);
  const known = new Set(records.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length === 1)
    throw new Fault("InvalidInstanceID.NotFound", `The instance ID '${unknown[0]}' does not exist`);
  if (unknown.length > 1)
    throw new Fault("InvalidInstanceID.NotFound", `The instance IDs '${unknown.join(", ")}' do not exist`);
}

/** Changes instances one after the other, once all of their ids have been found. */
async function change({ fleet }: Ec2Context, ids: readonly string[], act: (record: InstanceRecord) => unknown) {
  if (ids.length === 0) throw new Fault("MissingParameter", "The request must contain the parameter InstanceId");
  checkIds(ids, await fleet.all());
  const records = ids.flatMap((id) => fleet.find(id) ?? []);
  for (const record of records) act(record);
  return records.map((record) => ({
    InstanceId: record.id,
    PreviousState: stateOf(record),
    CurrentState: stateOf(fleet.find(record.id) ?? record),
  }));
}

function expect({ id, state }: InstanceRecord, states: readonly string[]): true {
  if (!states.includes(state))
    throw new Fault(
      "IncorrectInstanceState",
      `The instance '${id}' is not in a state from which it can be changed so: it is ${state}`,
    );
  return true;
}

function checkOf({ state }: InstanceRecord) {
  if (state !== "running") return { Status: "not-applicable" as const };
  return { Status: "ok" as const, Details: [{ Name: "reachability" as const, Status: "passed" as const }] };
}
