import { deletingTheAbsent } from "../ambiguities.ts";
import { quotas } from "../limits.ts";
import { fault } from "../faults.ts";
import { newId } from "../random.ts";
import type { Application } from "../store/applications.ts";
import { applicationOf, type CodeDeployOperations, date } from "./context.ts";
import { page } from "./pagination.ts";
import { removeHooks } from "./scaling-hooks.ts";
import { checkTags } from "./tags.ts";

/** The operations on applications (api.md §2.3). */
export const applicationOperations = {
  async CreateApplication({ store, clock }, { applicationName: name = "", computePlatform = "Server", tags = [] }) {
    checkTags(tags);
    const application: Application = { id: newId(), name, computePlatform, createTime: clock() };
    await store.write(() => {
      if (store.applications.byName(name) !== undefined)
        throw fault("ApplicationAlreadyExists", `An application with the name "${name}" already exists`);
      if (store.applications.count() >= quotas.applications)
        throw fault("ApplicationLimitExceeded", `More than ${quotas.applications} applications are not allowed`);
      store.applications.add(application, tags);
    });
    return { applicationId: application.id };
  },

  GetApplication: (context, { applicationName }) => ({ application: infoOf(applicationOf(context, applicationName)) }),

  BatchGetApplications: (context, { applicationNames = [] }) => ({
    applicationsInfo: applicationNames.map((name) => infoOf(applicationOf(context, name))),
  }),

  ListApplications({ store }, { nextToken }) {
    const { items, nextToken: token } = page(store.applications.names(), nextToken, ["applications"]);
    return { applications: items, nextToken: token };
  },

  async UpdateApplication(context, { applicationName, newApplicationName: name = "" }) {
    const { store } = context;
    await store.write(() => {
      const { id } = applicationOf(context, applicationName);
      if (store.applications.byName(name) !== undefined)
        throw fault("ApplicationAlreadyExists", `An application with the name "${name}" already exists`);
      store.applications.rename(id, name);
    });
  },

  async DeleteApplication(context, { applicationName = "" }) {
    const { store } = context;
    if (deletingTheAbsent === "is refused") applicationOf(context, applicationName);
    const application = store.applications.byName(applicationName);
    if (application === undefined) return;
    // Hooks that stay behind are not reported here, unlike by DeleteDeploymentGroup (api.md §2.3).
    for (const group of store.groups.of(application.id)) await removeHooks(context, group);
    await store.write(() => store.applications.remove(application.id));
  },
} satisfies CodeDeployOperations;

const infoOf = ({ id, name, createTime, computePlatform }: Application) => ({
  applicationId: id,
  applicationName: name,
  createTime: date(createTime),
  linkedToGitHub: false,
  computePlatform,
});
