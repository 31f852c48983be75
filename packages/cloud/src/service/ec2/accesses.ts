import type {
  CreateLaunchTemplateVersionCommandInput,
  DeleteTagsCommandInput,
  RunInstancesCommandInput,
  TagSpecification,
} from "@aws-sdk/client-ec2";
import { type Access, type AccessTable, onAnyResource, requestTags } from "@sluice/aws-protocol";
import type { Ec2Context } from "./context.ts";
import {
  createTagsAccesses,
  launchAccesses,
  type NamesProfile,
  passRoleAccesses,
} from "./launch-templates/launch-accesses.ts";
import { vpc } from "./network/network.ts";
import { arnOf, groupIn, keyPairsIn, resourceOf, taggedById, templateIn } from "./tags/resource-arns.ts";

type Input = Readonly<Record<string, unknown>>;

/** What each request to EC2 touches (EC2's service authorization reference), and the roles that it passes to instances. */
export function ec2Accesses(context: Ec2Context): AccessTable {
  return {
    ...onAnyResource(describing),
    ...instanceAccesses(context),
    ...templateAccesses(context),
    ...securityGroupAccesses(context),
    ...keyPairAccesses(context),
    CreateTags: (input) =>
      texts(input["Resources"]).map((id) => withContext(taggedById(context, id), requestTags(tagsIn(input["Tags"])))),
    DeleteTags: (input) => texts(input["Resources"]).map((id) => untagged(context, id, input)),
  };
}

const describing = [
  "DescribeAvailabilityZones",
  "DescribeImages",
  "DescribeInstanceStatus",
  "DescribeInstances",
  "DescribeKeyPairs",
  "DescribeLaunchTemplateVersions",
  "DescribeLaunchTemplates",
  "DescribeRegions",
  "DescribeSecurityGroupRules",
  "DescribeSecurityGroups",
  "DescribeSubnets",
  "DescribeTags",
  "DescribeVolumes",
  "DescribeVpcs",
];

function instanceAccesses(context: Ec2Context): AccessTable {
  const one = ({ InstanceId }: Input) => texts(InstanceId).map((id) => resourceOf(context, "instance", id));
  const each = ({ InstanceIds }: Input) => texts(InstanceIds).map((id) => resourceOf(context, "instance", id));
  return {
    RunInstances: (input) => launchAccesses(context, input as unknown as RunInstancesCommandInput), // decoded by EC2's own table
    TerminateInstances: each,
    StopInstances: each,
    StartInstances: each,
    RebootInstances: each,
    GetConsoleOutput: one,
    DescribeInstanceAttribute: one,
  };
}

function templateAccesses(context: Ec2Context): AccessTable {
  const one = (input: Input) => [templateIn(context, input)];
  return {
    CreateLaunchTemplate: ({ TagSpecifications, LaunchTemplateData }) => [
      made(context, "launch-template", TagSpecifications),
      ...createTagsAccesses(context, "CreateLaunchTemplate", specificationsIn(TagSpecifications)),
      ...passRoleAccesses(context.profiles, LaunchTemplateData ?? {}),
    ],
    // Unlike AWS, which judges a template where it is used alone: one that names roles is judged when it is written, too.
    CreateLaunchTemplateVersion(input) {
      const given = input as unknown as CreateLaunchTemplateVersionCommandInput; // decoded, as above
      return [...one(input), ...passRoleAccesses(context.profiles, versionData(context, given))];
    },
    ModifyLaunchTemplate: one,
    DeleteLaunchTemplate: one,
    DeleteLaunchTemplateVersions: one,
  };
}

/** The data of a new version: its own over those of the version that it is based on. */
function versionData({ templates }: Ec2Context, input: CreateLaunchTemplateVersionCommandInput): NamesProfile {
  const { LaunchTemplateId: id, LaunchTemplateName: name, SourceVersion, LaunchTemplateData } = input;
  const template = id === undefined ? templates.named(name ?? "")[0] : templates.find(id);
  const { $Latest, $Default } = { $Latest: template?.latestVersion, $Default: template?.defaultVersion };
  const number =
    SourceVersion === "$Latest" ? $Latest : SourceVersion === "$Default" ? $Default : Number(SourceVersion);
  const source = template?.versions.find((version) => version.number === number)?.data;
  return { ...source, ...LaunchTemplateData };
}

function securityGroupAccesses(context: Ec2Context): AccessTable {
  const one = (input: Input): readonly Access[] => [
    groupIn(context, input),
    // Rules have ARNs of their own, which policies seldom name.
    ...texts(input["SecurityGroupRuleIds"]).map((id) => ({
      resource: arnOf(context, `security-group-rule/${id}`),
      isOpen: true,
    })),
  ];
  return {
    CreateSecurityGroup: ({ TagSpecifications, VpcId }) => [
      made(context, "security-group", TagSpecifications),
      { resource: arnOf(context, `vpc/${texts(VpcId)[0] ?? vpc.id}`) },
      ...createTagsAccesses(context, "CreateSecurityGroup", specificationsIn(TagSpecifications)),
    ],
    DeleteSecurityGroup: one,
    AuthorizeSecurityGroupIngress: one,
    AuthorizeSecurityGroupEgress: one,
    RevokeSecurityGroupIngress: one,
    RevokeSecurityGroupEgress: one,
  };
}

function keyPairAccesses(context: Ec2Context): AccessTable {
  const create =
    (operation: string) =>
    ({ KeyName, TagSpecifications }: Input): readonly Access[] => [
      {
        ...made(context, "key-pair", TagSpecifications),
        resource: arnOf(context, `key-pair/${texts(KeyName)[0] ?? "*"}`),
      },
      ...createTagsAccesses(context, operation, specificationsIn(TagSpecifications)),
    ];
  return {
    CreateKeyPair: create("CreateKeyPair"),
    ImportKeyPair: create("ImportKeyPair"),
    DeleteKeyPair: (input) => keyPairsIn(context, input),
  };
}

/** Something that a request creates: it gets its id only then. */
const made = (context: Ec2Context, type: string, specifications: unknown): Access => ({
  resource: arnOf(context, `${type}/*`),
  context: requestTags(
    specificationsIn(specifications).flatMap(({ ResourceType, Tags = [] }) => (ResourceType === type ? Tags : [])),
  ),
});

/** DeleteTags without tags means all of them. */
function untagged(context: Ec2Context, id: string, { Tags }: Input): Access {
  const access = taggedById(context, id);
  const all = Object.keys(access.context ?? {}).flatMap((key) => /^aws:ResourceTag\/(.*)$/s.exec(key)?.[1] ?? []);
  const named = tagsIn(Tags).map(({ Key = "" }) => Key);
  return withContext(access, { "aws:TagKeys": Tags === undefined ? all : named });
}

const withContext = (access: Access, more: Access["context"]): Access => ({
  ...access,
  context: { ...access.context, ...more },
});

const texts = (found: unknown): readonly string[] =>
  [found].flat().filter((one): one is string => typeof one === "string");

const specificationsIn = (found: unknown) => (found ?? []) as TagSpecification[]; // decoded by EC2's own table

const tagsIn = (found: unknown) => (found ?? []) as NonNullable<DeleteTagsCommandInput["Tags"]>; // decoded, as above
