import { defineService, type Service, serviceModel } from "@sluice/aws-protocol";
import type { Ec2Context } from "./context.ts";
import { instanceOperations } from "./instances.ts";
import { surroundingsOperations } from "./surroundings.ts";
import { tagOperations } from "./tags.ts";

export { Fleet } from "./fleet.ts";
export { type HostKeys, metadataService } from "./metadata.ts";

/** EC2, as far as deployments need it. */
export function ec2Service(context: Ec2Context, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    name: "ec2",
    model: serviceModel("ec2"),
    signingNames: ["ec2"],
    operations: { ...instanceOperations, ...tagOperations, ...surroundingsOperations },
    context,
    onDefect,
  });
}
