import type { Filter, Instance, Reservation } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import type { Ec2Context, Ec2Operations } from "./context.ts";
import { matchesFilters } from "./filters.ts";
import { hostnameOf, type InstanceRecord, stateCodes } from "./instance-record.ts";
import { image, vpc } from "./network.ts";
import { newInstances } from "./run-instances.ts";

/** Instances on a page: EC2's own limit. */
const pageMax = 1000;

/** Operations on instances. */
export const instanceOperations: Ec2Operations = {
  async RunInstances(context, input) {
    const { reservationId, created } = await newInstances(context, input);
    context.fleet.add(created);
    const records = (await context.fleet.all()).filter((record) => record.reservationId === reservationId);
    return { ...reservation(context, reservationId, records) };
  },

  async DescribeInstances(context, { InstanceIds = [], Filters = [], MaxResults, NextToken }) {
    const records = await select(context, { InstanceIds, Filters });
    const { items, next } = page(records, { MaxResults, NextToken });
    const ids = [...new Set(items.map(({ reservationId }) => reservationId))];
    return {
      Reservations: ids.map((id) =>
        reservation(
          context,
          id,
          items.filter(({ reservationId }) => reservationId === id),
        ),
      ),
      NextToken: next,
    };
  },

  async DescribeInstanceStatus(
    context,
    { InstanceIds = [], Filters = [], IncludeAllInstances = false, MaxResults, NextToken },
  ) {
    const records = await select(context, { InstanceIds, Filters });
    const { items, next } = page(
      records.filter(({ state }) => IncludeAllInstances || state === "running"),
      { MaxResults, NextToken },
    );
    const check = { Status: "ok", Details: [{ Name: "reachability", Status: "passed" }] } as const;
    return {
      InstanceStatuses: items.map((record) => ({
        InstanceId: record.id,
        AvailabilityZone: record.availabilityZone,
        InstanceState: stateOf(record),
        InstanceStatus:
          record.state === "running"
            ? { ...check, Details: [...check.Details] }
            : { Status: "not-applicable" as const },
        SystemStatus:
          record.state === "running"
            ? { ...check, Details: [...check.Details] }
            : { Status: "not-applicable" as const },
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
};

async function select(
  { fleet }: Ec2Context,
  { InstanceIds, Filters }: { InstanceIds: readonly string[]; Filters: readonly Filter[] },
): Promise<readonly InstanceRecord[]> {
  const records = await fleet.all();
  checkIds(InstanceIds, records);
  return records.filter(
    (record) => (InstanceIds.length === 0 || InstanceIds.includes(record.id)) && matchesFilters(record, Filters),
  );
}

function checkIds(ids: readonly string[], records: readonly InstanceRecord[]): void {
  const malformed = ids.find((id) => !/^i-[0-9a-f]{8,17}$/.test(id));
  if (malformed !== undefined) throw new Fault("InvalidInstanceID.Malformed", `Invalid id: "${malformed}"`);
  const unknown = ids.filter((id) => records.every((record) => record.id !== id));
  if (unknown.length === 1)
    throw new Fault("InvalidInstanceID.NotFound", `The instance ID '${unknown[0]}' does not exist`);
  if (unknown.length > 1)
    throw new Fault("InvalidInstanceID.NotFound", `The instance IDs '${unknown.join(", ")}' do not exist`);
}

function page(
  records: readonly InstanceRecord[],
  { MaxResults = pageMax, NextToken = "" }: { MaxResults?: number | undefined; NextToken?: string | undefined },
) {
  const first = NextToken === "" ? 0 : records.findIndex(({ id }) => id === NextToken);
  if (first < 0) throw new Fault("InvalidNextToken", `The token '${NextToken.slice(0, 80)}' is invalid`);
  const end = first + Math.min(MaxResults, pageMax);
  return { items: records.slice(first, end), next: records[end]?.id };
}

/** Changes instances one after the other, after all of their ids were found. */
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

const stateOf = ({ state }: InstanceRecord) => ({ Code: stateCodes[state], Name: state });

function reservation(
  { accountId, region }: Ec2Context,
  ReservationId: string,
  records: readonly InstanceRecord[],
): Reservation {
  return {
    ReservationId,
    OwnerId: accountId,
    Groups: [],
    Instances: records.map((record) => describe(record, region, accountId)),
  };
}

function describe(record: InstanceRecord, region: string, accountId: string): Instance {
  const isGone = record.state === "terminated";
  const dns = `${hostnameOf(record.privateIp)}.${region === "us-east-1" ? "ec2" : `${region}.compute`}.internal`;
  return {
    InstanceId: record.id,
    ImageId: record.imageId,
    State: stateOf(record),
    ...(record.stateReason === undefined
      ? {}
      : { StateReason: record.stateReason, StateTransitionReason: record.stateReason.Message }),
    InstanceType: record.instanceType as "t3.micro", // the SDK's type lists the types of its day
    ...(record.keyName === undefined ? {} : { KeyName: record.keyName }),
    LaunchTime: new Date(record.launchedAt),
    Placement: { AvailabilityZone: record.availabilityZone, Tenancy: "default", GroupName: "" },
    Monitoring: { State: "disabled" },
    ...(isGone
      ? {}
      : {
          PrivateIpAddress: record.privateIp,
          SubnetId: record.subnetId,
          VpcId: vpc.id,
          SecurityGroups: [{ GroupId: vpc.securityGroup, GroupName: "default" }],
        }),
    PrivateDnsName: isGone ? "" : dns,
    PublicDnsName: "",
    IamInstanceProfile: { Arn: `arn:aws:iam::${accountId}:instance-profile/${roleName}`, Id: "AIPA0000000000000000" },
    Architecture: process.arch === "arm64" ? "arm64" : "x86_64",
    RootDeviceType: "ebs",
    RootDeviceName: image.rootDevice,
    VirtualizationType: "hvm",
    Hypervisor: "xen",
    ClientToken: record.clientToken,
    AmiLaunchIndex: record.launchIndex,
    Tags: record.tags.map((tag) => ({ ...tag })),
    SourceDestCheck: true,
    EbsOptimized: false,
  };
}

/** The role that every local instance has. */
export const roleName = "sluice-instance";
