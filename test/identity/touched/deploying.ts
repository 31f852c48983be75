import type { Service } from "@sluice/aws-protocol";
import { ask } from "./ask.ts";
import { each, plain, type Rows, tagged } from "./row.ts";

const account = "123456789012";
const codedeploy = (path: string) => `arn:aws:codedeploy:eu-west-1:${account}:${path}`;

/** Every way in which an ARN of CodeDeploy is taken. */
const spelled = (kind: string, path: string) => [
  ...[codedeploy(`${kind}:${path}`), codedeploy(`${kind}/${path}`)],
  ...[
    `arn:aws:codedeploy:us-east-1:${account}:${kind}:${path}`,
    `arn:aws-cn:codedeploy:eu-west-1:210987654321:${kind}:${path}`,
  ],
  `arn:aws:codedeploy:::${kind}/${path}`,
];

const both = (kind: string, path: string) => [codedeploy(`${kind}:${path}`), codedeploy(`${kind}/${path}`)];

/** What operations of CodeDeploy touch. */
export async function codedeployRows(service: Service): Promise<Rows> {
  const make = (operation: string, input: Readonly<Record<string, unknown>>) =>
    ask(service, "codedeploy", operation, input);
  const tags = [{ Key: "protected", Value: "true" }];
  const serviceRoleArn = `arn:aws:iam::${account}:role/deploy`;
  const [applicationName, deploymentGroupName, instanceName] = ["ledger", "prod", "box"];
  await make("CreateApplication", { applicationName, tags });
  await make("CreateDeploymentGroup", { applicationName, deploymentGroupName, serviceRoleArn, tags });
  await make("RegisterOnPremisesInstance", { instanceName, iamUserArn: `arn:aws:iam::${account}:user/box` });
  await make("AddTagsToOnPremisesInstances", { instanceNames: [instanceName], tags });
  const revision = { revisionType: "S3", s3Location: { bucket: "web", key: "web.tar", bundleType: "tar" } };
  const created = JSON.parse(await make("CreateDeployment", { applicationName, deploymentGroupName, revision })) as {
    readonly deploymentId: string;
  };
  const { deploymentId } = created;
  const group = both("deploymentgroup", "ledger/prod");
  const application = both("application", "ledger");
  const own = { applicationName, deploymentGroupName };
  const instance = [codedeploy("instance/box"), codedeploy("instance:box")];
  return {
    ...each(
      `GetApplication DeleteApplication CreateApplication GetApplicationRevision BatchGetApplicationRevisions
       ListApplicationRevisions ListDeploymentGroups RegisterApplicationRevision`,
      tagged(application, { applicationName }),
    ),
    UpdateApplication: tagged([...application, ...both("application", "new")], {
      applicationName,
      newApplicationName: "new",
    }),
    BatchGetApplications: tagged(application, { applicationNames: ["other", "ledger"] }),
    ...each("CreateDeploymentGroup DeleteDeploymentGroup GetDeploymentGroup ListDeployments", tagged(group, own)),
    CreateDeployment: tagged([...group, ...application], own),
    UpdateDeploymentGroup: tagged([...group, ...both("deploymentgroup", "ledger/new")], {
      applicationName,
      currentDeploymentGroupName: "prod",
      newDeploymentGroupName: "new",
    }),
    BatchGetDeploymentGroups: tagged(group, { applicationName, deploymentGroupNames: ["other", "prod"] }),
    ...each(
      "CreateDeploymentConfig DeleteDeploymentConfig GetDeploymentConfig",
      plain(both("deploymentconfig", "slow"), { deploymentConfigName: "slow" }),
    ),
    ...each(
      "GetOnPremisesInstance RegisterOnPremisesInstance DeregisterOnPremisesInstance",
      tagged(instance, { instanceName }),
    ),
    ...each(
      "AddTagsToOnPremisesInstances RemoveTagsFromOnPremisesInstances BatchGetOnPremisesInstances",
      tagged(instance, { instanceNames: ["other", "box"] }),
    ),
    ...each(
      `ContinueDeployment GetDeployment GetDeploymentInstance GetDeploymentTarget ListDeploymentInstances
       ListDeploymentTargets PutLifecycleEventHookExecutionStatus SkipWaitTimeForInstanceTermination StopDeployment
       BatchGetDeploymentInstances BatchGetDeploymentTargets`,
      tagged(group, { deploymentId }),
    ),
    BatchGetDeployments: tagged(group, { deploymentIds: ["d-OTHER1234", deploymentId] }),
    ...each(
      "TagResource UntagResource ListTagsForResource",
      tagged(application, ...spelled("application", "ledger").map((ResourceArn) => ({ ResourceArn }))),
    ),
    "TagResource of a group": tagged(
      group,
      ...spelled("deploymentgroup", "ledger/prod").map((ResourceArn) => ({ ResourceArn })),
    ),
    "UntagResource of a group": tagged(
      group,
      ...spelled("deploymentgroup", "ledger/prod").map((ResourceArn) => ({ ResourceArn })),
    ),
    ...each(
      `DeleteGitHubAccountToken DeleteResourcesByExternalId ListApplications ListDeploymentConfigs
       ListGitHubAccountTokenNames ListOnPremisesInstances`,
      "nothing",
    ),
  };
}
