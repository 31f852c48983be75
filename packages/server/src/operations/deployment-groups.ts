import { deletingTheAbsent } from "../ambiguities.ts";
import { quotas } from "../limits.ts";
import { fault } from "../faults.ts";
import { newId } from "../random.ts";
import type { Application } from "../store/applications.ts";
import { applicationOf, type CodeDeployOperations, type Context, groupOf } from "./context.ts";
import { groupInfo } from "./views/group-info.ts";
import { changeSettings, settingsAtFirst } from "./validation/group-settings.ts";
import { page } from "./pagination.ts";
import { installHooks, removeHooks } from "./scaling-hooks.ts";
import { checkTags } from "./tags.ts";
import { oweTestMessages } from "./trigger-tests.ts";

/** The operations on deployment groups (api.md §2.6). */
export const deploymentGroupOperations = {
  async CreateDeploymentGroup(context, input) {
    const { store } = context;
    const { applicationName, deploymentGroupName: name = "", serviceRoleArn = "", tags = [] } = input;
    checkTags(tags);
    const id = newId();
    const group = await store.write(() => {
      const application = applicationOf(context, applicationName);
      refuseTaken(context, application, name);
      if (store.groups.of(application.id).length >= quotas.groupsPerApplication)
        throw fault(
          "DeploymentGroupLimitExceeded",
          `More than ${quotas.groupsPerApplication} deployment groups are not allowed`,
        );
      const before = settingsAtFirst(application.computePlatform, serviceRoleArn);
      const settings = changeSettings({ store, application, groupId: id }, before, input);
      const made = { id, applicationId: application.id, name, settings };
      store.groups.add(made, tags);
      oweTestMessages(context, made);
      return made;
    });
    await installHooks(context, group, { before: [], undo: () => store.groups.remove(id) });
    return { deploymentGroupId: id };
  },

  GetDeploymentGroup(context, { applicationName, deploymentGroupName }) {
    const application = applicationOf(context, applicationName);
    return { deploymentGroupInfo: groupInfo(context, application, groupOf(context, application, deploymentGroupName)) };
  },

  BatchGetDeploymentGroups(context, { applicationName, deploymentGroupNames = [] }) {
    const application = applicationOf(context, applicationName);
    const missing = deploymentGroupNames.filter(
      (name) => context.store.groups.byName(application.id, name) === undefined,
    );
    const existing = deploymentGroupNames.filter((name) => !missing.includes(name));
    return {
      deploymentGroupsInfo: existing.map((name) =>
        groupInfo(context, application, groupOf(context, application, name)),
      ),
      errorMessage: missing.length === 0 ? "" : `No Deployment Group found for name: ${missing.join(", ")}`,
    };
  },

  ListDeploymentGroups(context, { applicationName, nextToken }) {
    const { id, name } = applicationOf(context, applicationName);
    const names = context.store.groups.of(id).map((group) => group.name);
    const { items, nextToken: token } = page(names, nextToken, ["groups", id]);
    return { applicationName: name, deploymentGroups: items, nextToken: token };
  },

  async UpdateDeploymentGroup(context, input) {
    const { store } = context;
    const { applicationName, currentDeploymentGroupName, newDeploymentGroupName } = input;
    const { before, after } = await store.write(() => {
      const application = applicationOf(context, applicationName);
      const group = groupOf(context, application, currentDeploymentGroupName);
      const name = newDeploymentGroupName ?? group.name;
      if (name !== group.name) refuseTaken(context, application, name);
      const settings = changeSettings({ store, application, groupId: group.id }, group.settings, input);
      const changed = { ...group, name, settings };
      store.groups.change(group.id, name, settings);
      oweTestMessages(context, changed, group.settings.triggerConfigurations);
      return { before: group, after: changed };
    });
    const undo = () => store.groups.change(before.id, before.name, before.settings);
    return {
      hooksNotCleanedUp: await installHooks(context, after, { before: before.settings.autoScalingGroups ?? [], undo }),
    };
  },

  async DeleteDeploymentGroup(context, { applicationName = "", deploymentGroupName = "" }) {
    const { store } = context;
    if (deletingTheAbsent === "is refused")
      groupOf(context, applicationOf(context, applicationName), deploymentGroupName);
    const application = store.applications.byName(applicationName);
    const group = application && store.groups.byName(application.id, deploymentGroupName);
    if (group === undefined) return { hooksNotCleanedUp: [] };
    const hooksNotCleanedUp = await removeHooks(context, group);
    await store.write(() => store.groups.remove(group.id));
    return { hooksNotCleanedUp };
  },
} satisfies CodeDeployOperations;

function refuseTaken({ store }: Context, { id }: Application, name: string): void {
  if (store.groups.byName(id, name) !== undefined)
    throw fault("DeploymentGroupAlreadyExists", `A deployment group with the name "${name}" already exists`);
}
