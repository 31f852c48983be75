import type { ContainerDefinition, ContainerOverride } from "@aws-sdk/client-ecs";
import type { ResolvedImage } from "../../../images/index.ts";

/** Where programs are looked for when an image does not say: Docker's own. */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What a container's command is told beside its own variables. */
export interface ToldVariables {
  readonly hostname: string;
  readonly region: string;
  readonly endpoint: string;
  readonly metadata: string;
  /** Where its task's role's keys are, when it has a role. */
  readonly credentials?: string | undefined;
}

/** Returns a container's command: its image's, unless the definition or who runs it says otherwise (Docker's rules of ENTRYPOINT and CMD). Empty when nobody says any. */
export function commandOf(
  { entryPoint, command }: ContainerDefinition,
  { config }: Pick<ResolvedImage, "config">,
  override: ContainerOverride | undefined,
): readonly string[] {
  const entry = entryPoint ?? config.entrypoint ?? [];
  // An image's command are arguments of its own entry point, and of no other.
  const words = override?.command ?? command ?? (entryPoint === undefined ? config.cmd : undefined) ?? [];
  return [...entry, ...words];
}

/** A container's variables: what is more particular counts. */
export function environmentOf(
  { environment = [] }: ContainerDefinition,
  { config }: Pick<ResolvedImage, "config">,
  {
    override,
    secrets,
    told,
  }: {
    readonly override: ContainerOverride | undefined;
    readonly secrets: Readonly<Record<string, string>>;
    readonly told: ToldVariables;
  },
): Readonly<Record<string, string>> {
  const pairs = (list: readonly { readonly name?: string | undefined; readonly value?: string | undefined }[]) =>
    Object.fromEntries(list.map(({ name = "", value = "" }) => [name, value]));
  return {
    PATH: defaultPath,
    ...config.env,
    HOSTNAME: told.hostname,
    AWS_ENDPOINT_URL: told.endpoint,
    AWS_REGION: told.region,
    AWS_DEFAULT_REGION: told.region,
    AWS_EXECUTION_ENV: "AWS_ECS_FARGATE",
    ...pairs(environment),
    ...pairs(override?.environment ?? []),
    ...secrets,
    ECS_CONTAINER_METADATA_URI: told.metadata.replace("/v4/", "/v3/"),
    ECS_CONTAINER_METADATA_URI_V4: told.metadata,
    ...(told.credentials && { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: told.credentials }),
  };
}
