import type { RunInstancesCommandInput, Tag } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../random.ts";
import type { Ec2Context } from "./context.ts";
import type { InstanceRecord } from "./instance-record.ts";
import { freeAddress, image, subnetOf } from "./network.ts";

/** Instances of one request: a laptop carries some dozens. */
const instancesMax = 100;

/** EC2's own limits: user data before base64, in bytes; tags of a resource. */
const userDataBytesMax = 16 * 1024;
const tagsMax = 50;

/** Makes the records of new instances; of those that an earlier request with the same client token made, if there was one. */
export async function newInstances(
  context: Ec2Context,
  input: RunInstancesCommandInput,
): Promise<{ readonly reservationId: string; readonly created: readonly InstanceRecord[] }> {
  const { db, clock, region, fleet } = context;
  const clientToken = input.ClientToken ?? "";
  const earlier =
    clientToken === ""
      ? undefined
      : db.get<{ reservation_id: string }>("SELECT reservation_id FROM client_tokens WHERE token = ?", clientToken);
  if (earlier !== undefined) return { reservationId: earlier.reservation_id, created: [] };

  checkInput(input);
  const subnet = subnetOf(input.SubnetId ?? input.NetworkInterfaces?.[0]?.SubnetId);
  const taken = new Set(
    (await fleet.all()).filter(({ state }) => state !== "terminated").map(({ privateIp }) => privateIp),
  );
  const reservationId = `r-${randomHex(8).padEnd(17, "0")}`;
  const created = Array.from({ length: input.MaxCount ?? 1 }, (_, launchIndex): InstanceRecord => {
    const privateIp = freeAddress(subnet, taken);
    taken.add(privateIp);
    return {
      id: `i-0${randomHex(8)}`,
      reservationId,
      launchIndex,
      clientToken,
      state: "pending",
      imageId: image.id,
      instanceType: input.InstanceType ?? "m1.small",
      ...(input.KeyName === undefined ? {} : { keyName: input.KeyName }),
      subnetId: subnet.id,
      availabilityZone: `${region}${subnet.zone}`,
      privateIp,
      ...(input.UserData === undefined || input.UserData === "" ? {} : { userData: input.UserData }),
      tags: tagsFor("instance", input),
      launchedAt: clock(),
    };
  });
  if (clientToken !== "") db.run("INSERT INTO client_tokens VALUES (?, ?)", clientToken, reservationId);
  return { reservationId, created };
}

function checkInput({ ImageId, MinCount = 1, MaxCount = 1, UserData = "", DryRun }: RunInstancesCommandInput): void {
  if (DryRun === true)
    throw new Fault("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 });
  if (ImageId === undefined) throw new Fault("MissingParameter", "The request must contain the parameter ImageId");
  if (ImageId !== image.id)
    throw new Fault(
      "InvalidAMIID.NotFound",
      `The image id '[${ImageId}]' does not exist; the local cloud has '${image.id}'`,
    );
  if (!(MinCount >= 1) || MaxCount < MinCount)
    throw new Fault("InvalidParameterValue", `Invalid counts: at least ${MinCount} and at most ${MaxCount} instances`);
  if (MaxCount > instancesMax)
    throw new Fault(
      "InstanceLimitExceeded",
      `You have requested ${MaxCount} instances, and one request may launch at most ${instancesMax}`,
    );
  if (!/^[A-Za-z0-9+/=\s]*$/.test(UserData))
    throw new Fault("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  if (Buffer.from(UserData, "base64").length > userDataBytesMax)
    throw new Fault("InvalidParameterValue", "User data is limited to 16384 bytes");
}

function tagsFor(type: string, { TagSpecifications = [] }: RunInstancesCommandInput) {
  return mergeTags(
    [],
    TagSpecifications.filter(({ ResourceType }) => ResourceType === type).flatMap(({ Tags = [] }) => Tags),
  );
}

/** Tags with further ones put over them. A Fault when one has no key, or they are too many. */
export function mergeTags(tags: InstanceRecord["tags"], more: readonly Tag[]): InstanceRecord["tags"] {
  const merged = new Map(tags.map(({ Key, Value }) => [Key, Value]));
  for (const { Key = "", Value = "" } of more) {
    if (Key === "" || Key.length > 128 || Value.length > 256)
      throw new Fault(
        "InvalidParameterValue",
        `Tag keys have 1 to 128 characters and values at most 256: '${Key.slice(0, 128)}'`,
      );
    if (Key.startsWith("aws:"))
      throw new Fault("InvalidParameterValue", `Tag keys starting with 'aws:' are reserved for internal use: '${Key}'`);
    merged.set(Key, Value);
  }
  if (merged.size > tagsMax)
    throw new Fault("TagLimitExceeded", `The maximum number of Tags for a resource has been reached: ${tagsMax}`);
  return [...merged].map(([Key, Value]) => ({ Key, Value }));
}
