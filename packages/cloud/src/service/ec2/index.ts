import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import { Records } from "../../store/records.ts";
import { ec2Accesses } from "./accesses.ts";
import { Addresses } from "./network/addresses.ts";
import type { Ec2Context } from "./context.ts";
import { instanceOperations } from "./instances/instances.ts";
import { keyPairOperations } from "./key-pairs.ts";
import { launchTemplateOperations } from "./launch-templates/launch-templates.ts";
import { securityGroupOperations } from "./network/security-groups.ts";
import { vpcOperations } from "./network/vpc.ts";
import { tagOperations } from "./tags/tags.ts";

export { launchAccesses, passRoleAccesses } from "./launch-templates/launch-accesses.ts";
export type { Ec2Context } from "./context.ts";
export { Fleet } from "./instances/fleet.ts";
export { hostnameOf, type InstanceRecord } from "./instances/instance-record.ts";
export { amazonLinux, publicParameters } from "./images.ts";
export type { InstanceProfile, InstanceProfiles } from "./instances/instance-profiles.ts";
export { findTemplate, versionOf } from "./launch-templates/launch-template.ts";
export { freeAddress, type Subnet, subnetOf, subnets, vpc } from "./network/network.ts";
export { ec2Tables } from "./tables.ts";
export { newInstances } from "./instances/run-instances.ts";
export { findGroup } from "./network/security-group.ts";
export { type HostKeys, metadataService } from "./instances/metadata.ts";

/** Opens EC2's context: what it is given, and its own records. */
export function openEc2(
  given: Omit<Ec2Context, "addresses" | "templates" | "securityGroups" | "keyPairs">,
): Ec2Context {
  const addresses = new Addresses();
  addresses.add(() =>
    given.fleet
      .shown()
      .filter(({ state }) => state !== "terminated")
      .map(({ privateIp }) => privateIp),
  );
  return {
    ...given,
    addresses,
    templates: new Records(given.db, "launch-template"),
    securityGroups: new Records(given.db, "security-group"),
    keyPairs: new Records(given.db, "key-pair"),
  };
}

/** EC2, as far as deployments need it. */
export function ec2Service(context: Ec2Context, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    name: "ec2",
    model: serviceModel("ec2"),
    signingNames: ["ec2"],
    operations: {
      ...instanceOperations,
      ...launchTemplateOperations,
      ...securityGroupOperations,
      ...keyPairOperations,
      ...tagOperations,
      ...vpcOperations,
    },
    context,
    accesses: accessesFromTable(ec2Accesses(context)),
    onDefect,
  });
}
