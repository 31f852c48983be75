import type { Clients } from "../../gateways/clients.ts";
import type { InstanceTile } from "../contract.ts";
import { allPages, tagsOf, withToken } from "./pages.ts";

/** The instances, the newest first. */
export async function instances(clients: Clients): Promise<readonly InstanceTile[]> {
  const ec2 = await clients.ec2();
  const found = await allPages(async (token) => {
    const { Reservations = [], NextToken } = await ec2.describeInstances(withToken("NextToken", token));
    return { rows: Reservations.flatMap((reservation) => reservation.Instances ?? []), next: NextToken };
  });
  return found
    .map(({ InstanceId = "", State, PrivateIpAddress, ImageId, Placement, LaunchTime, Tags }) => {
      const tags = tagsOf(Tags);
      return {
        id: InstanceId,
        name: tags["Name"],
        state: State?.Name ?? "unknown",
        ip: PrivateIpAddress,
        image: ImageId,
        zone: Placement?.AvailabilityZone,
        launchTime: LaunchTime?.getTime(),
        scalingGroup: tags["aws:autoscaling:groupName"],
        tags,
      };
    })
    .toSorted((a, b) => (b.launchTime ?? 0) - (a.launchTime ?? 0));
}
