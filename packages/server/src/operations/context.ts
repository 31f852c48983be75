import type * as CodeDeploy from "@aws-sdk/client-codedeploy";
import type { Operations } from "@sluice/aws-protocol";
import { fault } from "../faults.ts";
import type { Application } from "../store/applications.ts";
import type { DeploymentGroup } from "../store/deployment-groups.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";

/** What every operation works with. An operation records intent; it never advances a deployment. */
export interface Context {
  readonly store: Store;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /**
   * Installs the hooks that a group must have on its Auto Scaling groups (or on these) and removes the others. Throws
   * when one cannot be installed. Returns those that could not be removed.
   */
  readonly syncHooks: (
    group: DeploymentGroup,
    scalingGroups?: readonly string[],
  ) => Promise<readonly { readonly scalingGroup: string; readonly name: string }[]>;
  /**
   * Returns the unique id of the user, or of the role of the session, that an ARN names now; undefined where there is
   * no IAM.
   */
  readonly uniqueIdOf?: ((arn: string) => string | undefined) | undefined;
  /** Revokes the keys that a host has got by the registration of an on-premises instance, given by its ARN. */
  readonly endRegistration: (instance: string) => Promise<void>;
  /** When a host's agent was last seen, in milliseconds since the epoch; undefined when it was never seen. */
  readonly lastSeen: (host: string) => number | undefined;
  /** Hints that a deployment may have something to do. */
  readonly wake: (deploymentId: string) => void;
}

/** The CodeDeploy operations that are served, typed by the SDK. */
export type CodeDeployOperations = Partial<Operations<typeof CodeDeploy, Context>>;

/** Returns the application of a name, or throws. */
export function applicationOf({ store }: Context, name: string | undefined): Application {
  const application = store.applications.byName(name ?? "");
  if (application === undefined) throw fault("ApplicationDoesNotExist", `No application found for name: ${name}`);
  return application;
}

/** Returns the deployment group of a name, or throws. */
export function groupOf({ store }: Context, application: Application, name: string | undefined): DeploymentGroup {
  const group = store.groups.byName(application.id, name ?? "");
  if (group === undefined) throw fault("DeploymentGroupDoesNotExist", `No Deployment Group found for name: ${name}`);
  return group;
}

/** Returns the deployment of an id, or throws. */
export function deploymentOf({ store }: Context, id: string | undefined): DeploymentRecord {
  const deployment = store.deployments.byId(id ?? "");
  if (deployment === undefined) throw fault("DeploymentDoesNotExist", `The deployment ${id} could not be found`);
  return deployment;
}

/** Returns the platform of a deployment: its application's. */
export const platformOf = (
  { store }: Context,
  { applicationId }: Pick<DeploymentRecord, "applicationId">,
): Application["computePlatform"] => store.applications.byId(applicationId)?.computePlatform ?? "Server";

/** Returns a time in the SDK's type; undefined stays undefined. */
export const date = <Time extends number | undefined>(time: Time): Time extends number ? Date : Date | undefined =>
  (time === undefined ? undefined : new Date(time)) as Time extends number ? Date : Date | undefined; // the type says it in one expression
