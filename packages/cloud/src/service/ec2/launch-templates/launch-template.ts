import type { LaunchTemplateSpecification, RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import type { Records } from "../../../store/records.ts";
import type { KeptTag } from "../filters.ts";

/** A launch template as it is stored. A version never changes, and its number is never used again. */
export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly defaultVersion: number;
  readonly latestVersion: number;
  readonly versions: readonly LaunchTemplateVersion[];
  readonly tags: readonly KeptTag[];
}

/** One version of a launch template. */
export interface LaunchTemplateVersion {
  readonly number: number;
  readonly description?: string | undefined;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly data: RequestLaunchTemplateData;
}

/** Returns the launch template of an id or a name. Throws a Fault when there is none, or not exactly one of the two is given. */
export function findTemplate(
  templates: Records<LaunchTemplate>,
  {
    LaunchTemplateId: id,
    LaunchTemplateName: name,
  }: Pick<LaunchTemplateSpecification, "LaunchTemplateId" | "LaunchTemplateName">,
): LaunchTemplate {
  if (id === undefined && name === undefined)
    throw new Fault("MissingParameter", "Either a launch template ID or a launch template name must be specified.");
  if (id !== undefined && name !== undefined)
    throw new Fault(
      "InvalidParameterCombination",
      "Only one of launch template ID and launch template name may be specified.",
    );
  if (id !== undefined && !/^lt-[0-9a-f]{8,17}$/.test(id))
    throw new Fault("InvalidLaunchTemplateId.Malformed", `The specified launch template ID, ${id}, is malformed.`);
  const found = id === undefined ? templates.named(name ?? "")[0] : templates.find(id);
  if (found !== undefined) return found;
  if (id !== undefined)
    throw new Fault(
      "InvalidLaunchTemplateId.NotFound",
      `The specified launch template, with template ID ${id}, does not exist.`,
    );
  throw new Fault(
    "InvalidLaunchTemplateName.NotFoundException",
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

/** Returns a version by its number, `$Latest` or `$Default`; the default one when none is named. Throws a Fault when there is none. */
export function versionOf(template: LaunchTemplate, version = "$Default"): LaunchTemplateVersion {
  const number =
    version === "$Latest" ? template.latestVersion : version === "$Default" ? template.defaultVersion : Number(version);
  const found = template.versions.find((candidate) => candidate.number === number);
  if (found !== undefined) return found;
  if (!/^\d+$/.test(version))
    throw new Fault(
      "InvalidLaunchTemplateVersion.Malformed",
      `'${version}' is not a version: expected a number, $Latest or $Default.`,
    );
  throw new Fault(
    "InvalidLaunchTemplateId.VersionNotFound",
    `Could not find the specified version ${version} for the launch template with ID ${template.id}.`,
  );
}
