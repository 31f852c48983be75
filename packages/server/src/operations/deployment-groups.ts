import { fault } from "../faults.ts";
import { newId } from "../random.ts";
import type { Application } from "../store/applications.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments.ts";
import { applicationOf, type CodeDeployOperations, type Context, date, groupOf } from "./context.ts";
import { changeSettings } from "./group-settings.ts";
import { page } from "./page.ts";
import { defaultConfigName } from "./predefined-configs.ts";
import { checkTags } from "./tags.ts";

/** Groups an application may have (api.md §5). */
const groupsMax = 1000;

/** The operations on deployment groups (api.md §2.6). */
export const deploymentGroupOperations: CodeDeployOperations = {
  async CreateDeploymentGroup(
    context,
    { applicationName, deploymentGroupName: name = "", serviceRoleArn = "", tags = [], ...given },
  ) {
    const { store } = context;
    checkTags(tags);
    const id = newId();
    const defaults = {
      deploymentConfigName: defaultConfigName,
      serviceRoleArn,
      ec2TagFilters: [],
      outdatedInstancesStrategy: "UPDATE" as const,
    };
    await store.write(() => {
      const application = applicationOf(context, applicationName);
      if (application.computePlatform !== "Server")
        throw fault(
          "InvalidInput",
          `Deployment groups of ${application.computePlatform} applications are not served by this control plane`,
        );
      refuseTaken(context, application, name);
      if (store.groups.of(application.id).length >= groupsMax)
        throw fault("DeploymentGroupLimitExceeded", `More than ${groupsMax} deployment groups are not allowed`);
      store.groups.add(
        { id, applicationId: application.id, name, settings: changeSettings(store, defaults, given) },
        tags,
      );
    });
    return { deploymentGroupId: id };
  },

  GetDeploymentGroup(context, { applicationName, deploymentGroupName }) {
    const application = applicationOf(context, applicationName);
    return { deploymentGroupInfo: infoOf(context, application, groupOf(context, application, deploymentGroupName)) };
  },

  BatchGetDeploymentGroups(context, { applicationName, deploymentGroupNames = [] }) {
    const application = applicationOf(context, applicationName);
    const missing = deploymentGroupNames.filter(
      (name) => context.store.groups.byName(application.id, name) === undefined,
    );
    const found = deploymentGroupNames.filter((name) => !missing.includes(name));
    return {
      deploymentGroupsInfo: found.map((name) => infoOf(context, application, groupOf(context, application, name))),
      errorMessage: missing.length === 0 ? "" : `No Deployment Group found for name: ${missing.join(", ")}`,
    };
  },

  ListDeploymentGroups(context, { applicationName, nextToken }) {
    const { id, name } = applicationOf(context, applicationName);
    const { items, nextToken: token } = page(
      context.store.groups.of(id).map((group) => group.name),
      nextToken,
    );
    return { applicationName: name, deploymentGroups: items, nextToken: token };
  },

  async UpdateDeploymentGroup(
    context,
    { applicationName, currentDeploymentGroupName, newDeploymentGroupName, ...given },
  ) {
    const { store } = context;
    await store.write(() => {
      const application = applicationOf(context, applicationName);
      const group = groupOf(context, application, currentDeploymentGroupName);
      if (newDeploymentGroupName !== undefined && newDeploymentGroupName !== group.name)
        refuseTaken(context, application, newDeploymentGroupName);
      store.groups.change(group.id, newDeploymentGroupName ?? group.name, changeSettings(store, group.settings, given));
    });
    return { hooksNotCleanedUp: [] };
  },

  async DeleteDeploymentGroup({ store }, { applicationName = "", deploymentGroupName = "" }) {
    // Unknown names are not refused: clients delete what may be gone already (api.md §0.2).
    await store.write(() => {
      const application = store.applications.byName(applicationName);
      const group = application && store.groups.byName(application.id, deploymentGroupName);
      if (group !== undefined) store.groups.remove(group.id);
    });
    return { hooksNotCleanedUp: [] };
  },
};

function refuseTaken({ store }: Context, { id }: Application, name: string): void {
  if (store.groups.byName(id, name) !== undefined)
    throw fault("DeploymentGroupAlreadyExists", `A deployment group with the name "${name}" already exists`);
}

/** A group as AWS shows it: unset members as AWS fills them (api.md §3.2). */
function infoOf({ store }: Context, application: Application, { id, name, settings, targetRevision }: DeploymentGroup) {
  const { ec2TagSet, ec2TagFilters, deploymentConfigName, serviceRoleArn, outdatedInstancesStrategy } = settings;
  const selectors =
    ec2TagSet === undefined
      ? { ec2TagFilters: [...(ec2TagFilters ?? [])], onPremisesInstanceTagFilters: [] }
      : {
          ec2TagSet: { ec2TagSetList: ec2TagSet.map((set) => [...set]) },
          onPremisesTagSet: { onPremisesTagSetList: [] },
        };
  return {
    applicationName: application.name,
    deploymentGroupId: id,
    deploymentGroupName: name,
    deploymentConfigName,
    serviceRoleArn,
    outdatedInstancesStrategy,
    ...selectors,
    autoScalingGroups: [],
    triggerConfigurations: [],
    alarmConfiguration: { enabled: false, ignorePollAlarmFailure: false, alarms: [] },
    autoRollbackConfiguration: { enabled: false },
    deploymentStyle: { deploymentType: "IN_PLACE" as const, deploymentOption: "WITHOUT_TRAFFIC_CONTROL" as const },
    computePlatform: application.computePlatform,
    terminationHookEnabled: false,
    ...(targetRevision === undefined ? {} : { targetRevision }),
    lastSuccessfulDeployment: lastInfo(store.deployments.lastOf(id, "Succeeded")),
    lastAttemptedDeployment: lastInfo(store.deployments.lastOf(id)),
  };
}

function lastInfo(record: DeploymentRecord | undefined) {
  if (record === undefined) return undefined;
  const { status, createTime, completeTime } = record.state;
  return { deploymentId: record.id, status, createTime: date(createTime), endTime: date(completeTime) };
}
