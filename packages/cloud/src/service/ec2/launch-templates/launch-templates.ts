import type {
  LaunchTemplate as Described,
  LaunchTemplateVersion as DescribedVersion,
  RequestLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import { Fault } from "@sluice/aws-protocol";
import { randomHex } from "../../../random.ts";
import type { Ec2Operations } from "../context.ts";
import { matching } from "../filters.ts";
import { findTemplate, type LaunchTemplate, type LaunchTemplateVersion, versionOf } from "./launch-template.ts";
import { pageOf } from "../pagination.ts";
import { checkUserData } from "../instances/run-instances.ts";
import { tagsFor } from "../tags/resource-tags.ts";

/** Versions of one launch template: EC2's own limit. */
const versionsMax = 10_000;

/** Characters of all versions of one template together, as JSON: each call that names the template reads them all. */
const versionsCharactersMax = 4_000_000;

/** Operations on launch templates. */
export const launchTemplateOperations: Ec2Operations = {
  CreateLaunchTemplate({ templates, clock, call }, input) {
    const { LaunchTemplateName: name = "", LaunchTemplateData: data, VersionDescription } = input;
    if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name))
      throw new Fault(
        "InvalidLaunchTemplateName.MalformedException",
        `'${name.slice(0, 128)}' is not a valid launch template name: it must have 3 to 128 letters, digits, and ( ) . - / _`,
      );
    if (templates.named(name).length > 0)
      throw new Fault("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
    const first = newVersion(1, data, { at: clock(), by: call.principal.arn, description: VersionDescription });
    const template: LaunchTemplate = {
      id: `lt-0${randomHex(8)}`,
      name,
      createdBy: call.principal.arn,
      createdAt: clock(),
      defaultVersion: 1,
      latestVersion: 1,
      versions: [first],
      tags: tagsFor("launch-template", input.TagSpecifications),
    };
    templates.put(template.id, template);
    return { LaunchTemplate: describe(template) };
  },

  CreateLaunchTemplateVersion({ templates, clock, call }, input) {
    const template = findTemplate(templates, input);
    if (template.versions.length >= versionsMax)
      throw new Fault("VersionLimitExceeded", `A launch template may have at most ${versionsMax} versions.`);
    const source = input.SourceVersion === undefined ? {} : versionOf(template, input.SourceVersion).data;
    const number = template.latestVersion + 1;
    const about = { at: clock(), by: call.principal.arn, description: input.VersionDescription };
    const version = newVersion(number, { ...source, ...input.LaunchTemplateData }, about);
    const changed = { ...template, latestVersion: number, versions: [...template.versions, version] };
    if (JSON.stringify(changed.versions).length > versionsCharactersMax)
      throw new Fault(
        "VersionLimitExceeded",
        `The versions of a launch template may have at most ${versionsCharactersMax} characters together.`,
      );
    templates.put(template.id, changed);
    return { LaunchTemplateVersion: describeVersion(changed, version) };
  },

  ModifyLaunchTemplate({ templates }, input) {
    const template = findTemplate(templates, input);
    const { number } = versionOf(template, input.DefaultVersion);
    const changed = { ...template, defaultVersion: number };
    templates.put(template.id, changed);
    return { LaunchTemplate: describe(changed) };
  },

  DeleteLaunchTemplate({ templates }, input) {
    const template = findTemplate(templates, input);
    templates.delete(template.id);
    return { LaunchTemplate: describe(template) };
  },

  DeleteLaunchTemplateVersions({ templates }, input) {
    const template = findTemplate(templates, input);
    const about = { LaunchTemplateId: template.id, LaunchTemplateName: template.name };
    const judged = (input.Versions ?? []).map((version) => ({
      ...about,
      VersionNumber: Number(version),
      why: whyKept(template, version),
    }));
    const gone = judged.filter(({ why }) => why === undefined);
    const versions = template.versions.filter(
      ({ number }) => !gone.some(({ VersionNumber }) => VersionNumber === number),
    );
    templates.put(template.id, { ...template, versions });
    return {
      SuccessfullyDeletedLaunchTemplateVersions: gone,
      UnsuccessfullyDeletedLaunchTemplateVersions: judged.flatMap(({ why, ...rest }) =>
        why === undefined ? [] : [{ ...rest, ResponseError: why }],
      ),
    };
  },

  DescribeLaunchTemplates({ templates }, input) {
    const { LaunchTemplateIds: ids = [], LaunchTemplateNames: names = [], Filters = [] } = input;
    const named = [
      ...ids.map((id) => findTemplate(templates, { LaunchTemplateId: id })),
      ...names.map((name) => findTemplate(templates, { LaunchTemplateName: name })),
    ];
    const all = ids.length + names.length === 0 ? templates.all() : named;
    const fields = { "launch-template-name": ({ name }: LaunchTemplate) => [name] };
    const { items, next } = pageOf(matching(all, Filters, { fields, tagsOf: ({ tags }) => tags }), input);
    return { LaunchTemplates: items.map(describe), NextToken: next };
  },

  DescribeLaunchTemplateVersions({ templates }, input) {
    const { LaunchTemplateId: id, LaunchTemplateName: name, Versions: wanted = [] } = input;
    const isAnyTemplate = id === undefined && name === undefined;
    if (isAnyTemplate && wanted.length === 0)
      throw new Fault(
        "MissingParameter",
        "Either a launch template ID, a launch template name or the versions $Latest or $Default must be specified.",
      );
    const found = (isAnyTemplate ? templates.all() : [findTemplate(templates, input)]).flatMap((template) =>
      (wanted.length === 0 ? template.versions : wanted.map((version) => versionOf(template, version)))
        .filter(
          ({ number }) => number >= Number(input.MinVersion ?? 1) && number <= Number(input.MaxVersion ?? Infinity),
        )
        .map((version) => ({ id: `${template.id}:${version.number}`, template, version })),
    );
    const { items, next } = pageOf(found, input);
    return {
      LaunchTemplateVersions: items.map(({ template, version }) => describeVersion(template, version)),
      NextToken: next,
    };
  },
};

function newVersion(
  number: number,
  data: RequestLaunchTemplateData | undefined,
  { at, by, description }: { at: number; by: string; description: string | undefined },
): LaunchTemplateVersion {
  if (data === undefined || Object.keys(data).length === 0)
    throw new Fault("MissingParameter", "The request must contain the parameter LaunchTemplateData");
  checkUserData(data.UserData);
  return { number, createdAt: at, createdBy: by, data, description };
}

function whyKept(template: LaunchTemplate, version: string) {
  const number = Number(version);
  if (number === template.defaultVersion)
    return {
      Code: "launchTemplateVersionDoesNotExist" as const,
      Message: `Version ${version} is the default version: it cannot be deleted.`,
    };
  return template.versions.some((candidate) => candidate.number === number)
    ? undefined
    : { Code: "launchTemplateVersionDoesNotExist" as const, Message: `Version ${version} does not exist.` };
}

function describe({ id, name, createdAt, createdBy, defaultVersion, latestVersion, tags }: LaunchTemplate): Described {
  return {
    LaunchTemplateId: id,
    LaunchTemplateName: name,
    CreateTime: new Date(createdAt),
    CreatedBy: createdBy,
    DefaultVersionNumber: defaultVersion,
    LatestVersionNumber: latestVersion,
    Tags: [...tags],
  };
}

function describeVersion(template: LaunchTemplate, version: LaunchTemplateVersion): DescribedVersion {
  const { number, description, createdAt, createdBy, data } = version;
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    VersionNumber: number,
    VersionDescription: description,
    CreateTime: new Date(createdAt),
    CreatedBy: createdBy,
    DefaultVersion: number === template.defaultVersion,
    LaunchTemplateData: data,
  };
}
