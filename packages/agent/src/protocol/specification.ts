import { type Binding, readBinding } from "./binding.ts";
import { fieldsAt, isFields, type Fields, readRevision, type Revision, textAt } from "./revision.ts";
import { signedContent, type Trust } from "./signed-content.ts";

/** What a deployment asks of this host (agent.md §2). */
export interface Specification {
  readonly deploymentId: string;
  readonly deploymentGroupId: string;
  readonly deploymentGroupName: string;
  readonly applicationName: string;
  readonly deploymentCreator: string;
  readonly deploymentType: string;
  readonly appSpecFilename: string;
  readonly fileExistsBehavior: string;
  /** Events that the AppSpec file may name; undefined for any. */
  readonly allPossibleLifecycleEvents?: readonly string[] | undefined;
  readonly revision: Revision;
  /** The deployment whose unpacked revision this one reuses, if it is still whole. */
  readonly reuseArchiveFrom?: string | undefined;
  /** Undefined in AWS's own. */
  readonly binding?: Binding | undefined;
}

/** Verifies the envelope of a specification and reads its content. Throws the official agent's sentences. */
export function readSpecification(
  { format, payload }: { format: string; payload: string },
  trust: Trust = {},
): Specification {
  if (format !== "PKCS7/JSON") throw new Error(`Unsupported DeploymentSpecification format: ${format}`);
  return specificationOf(JSON.parse(signedContent(payload, trust)));
}

/** Reads the content of an envelope. */
export function specificationOf(value: unknown): Specification {
  if (!isFields(value)) throw new Error("Provided deployment spec was nil");
  const overrides = fieldsAt(fieldsAt(value, "AgentActionOverrides"), "AgentOverrides");
  const events = value.AllPossibleLifecycleEvents;
  const reused = textAt(value, "ReuseArchiveFromDeploymentId");
  return {
    deploymentId: deploymentIdOf(need(value, "DeploymentId")),
    deploymentGroupId: folderName(need(value, "DeploymentGroupId"), "DeploymentGroupId"),
    deploymentGroupName: need(value, "DeploymentGroupName"),
    applicationName: need(value, "ApplicationName"),
    deploymentCreator: textAt(value, "DeploymentCreator") ?? "user",
    deploymentType: textAt(value, "DeploymentType") ?? "IN_PLACE",
    appSpecFilename: textAt(value, "AppSpecFilename") ?? "appspec.yml",
    fileExistsBehavior: (textAt(overrides, "FileExistsBehavior") ?? "DISALLOW").toUpperCase(),
    allPossibleLifecycleEvents: Array.isArray(events) && events.length > 0 ? events.map(String) : undefined,
    revision: readRevision(value),
    reuseArchiveFrom: reused && deploymentIdOf(reused),
    binding: readBinding(value),
  };
}

function need(value: Fields, key: string): string {
  const text = textAt(value, key);
  if (text === undefined) throw new Error(`Deployment Spec has no ${key}`);
  return text;
}

/** Returns the id of a deployment, which may be given as an ARN. */
function deploymentIdOf(text: string): string {
  return folderName(text.startsWith("arn:") ? (text.split(":")[5]?.split("/")[1] ?? "") : text, "DeploymentId");
}

/** Returns an id that becomes the name of a folder. Throws when it cannot be one. */
function folderName(text: string, key: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(text))
    throw new Error(`Deployment Spec has an invalid ${key}: ${JSON.stringify(text.slice(0, 200))}`);
  return text;
}
