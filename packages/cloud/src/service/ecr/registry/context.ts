import { accessesOf, type Call, permit, type ServiceRequest } from "@sluice/aws-protocol";
import { repositoryAccess } from "../accesses.ts";
import { type EcrContext, repositoryOf } from "../context.ts";
import type { Repository } from "../repository.ts";
import type { Uploads } from "./uploads.ts";

/** What the registry's routes work with. */
export interface RegistryContext extends EcrContext {
  readonly uploads: Uploads;
}

/** The operations of ECR's API that the registry's routes stand for; IAM's actions have the same names. */
export type RegistryOperation =
  | "BatchCheckLayerAvailability"
  | "BatchDeleteImage"
  | "BatchGetImage"
  | "CompleteLayerUpload"
  | "GetDownloadUrlForLayer"
  | "InitiateLayerUpload"
  | "ListImages"
  | "PutImage"
  | "UploadLayerPart";

/** A request that somebody has made who may make it. */
export interface Admitted {
  readonly request: ServiceRequest;
  readonly repository: Repository;
}

/** The repository of a name, for somebody who may do this to it; a Fault otherwise. Whether there is one learns only who may. */
export async function admit(
  context: EcrContext,
  { call, operation, name }: { readonly call: Call; readonly operation: RegistryOperation; readonly name: string },
): Promise<Repository> {
  const asking = { signingName: "ecr", protocol: "json", operation, input: {}, call } as const;
  const accesses = () => [repositoryAccess(context, name, { action: `ecr:${operation}`, call })];
  await permit({}, asking, await accessesOf({ accesses }, asking));
  return repositoryOf(context, { repositoryName: name });
}
