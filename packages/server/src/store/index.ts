import { Answers } from "./answers.ts";
import { applications } from "./applications.ts";
import { copiedGroups } from "./copied-groups.ts";
import { commands } from "./commands.ts";
import { Database } from "./database.ts";
import { deploymentConfigs } from "./deployment-configs.ts";
import { deploymentGroups } from "./deployment-groups.ts";
import { deploymentChanges } from "./deployment-changes.ts";
import { deploymentLists } from "./deployment-list.ts";
import { deploymentReads } from "./deployments.ts";
import { notifications } from "./notifications.ts";
import { deploymentWishes } from "./deployment-wishes.ts";
import { githubTokens } from "./github-tokens.ts";
import { launchReads } from "./launches.ts";
import { ObservedDeployments } from "./observed-deployments.ts";
import { onPremisesInstances } from "./on-premises-instances.ts";
import { Outbox } from "./outbox.ts";
import { owedFollowUps } from "./owed-follow-ups.ts";
import { resourceTags } from "./resource-tags.ts";
import { revisions } from "./revisions.ts";
import { scaledInstances } from "./scaled-instances.ts";
import { scalingHooks } from "./scaling-hooks.ts";
import { schema, upgrades } from "./schema.ts";

/** Opens the control plane's store: facts by noun, written in groups. */
export function openStore(dataFolder: string) {
  const db = new Database(dataFolder, "codedeploy.sqlite", schema, upgrades);
  const observed = new ObservedDeployments(db);
  const answers = new Answers(db);
  const outbox = new Outbox(db, observed, answers);
  const deploymentsHaveGone = () => {
    answers.forget();
    outbox.forget();
  };
  return {
    applications: applications(db, deploymentsHaveGone),
    groups: deploymentGroups(db),
    revisions: revisions(db),
    tags: resourceTags(db),
    configs: deploymentConfigs(db),
    deployments: {
      ...deploymentReads(db, observed),
      ...deploymentLists(db),
      ...launchReads(db),
      ...deploymentWishes(db),
      ...deploymentChanges(db, { observed, answers, outbox }),
    },
    commands: commands(db, { observed, answers, outbox }),
    notifications: notifications(db),
    onPremises: onPremisesInstances(db),
    githubTokens: githubTokens(db),
    scaling: scalingHooks(db),
    scaledInstances: scaledInstances(db),
    copies: copiedGroups(db),
    followUps: owedFollowUps(db),
    /** Runs work in a transaction; resolves once it is on the disk. */
    write: <Result>(work: () => Result): Promise<Result> => db.write(work),
    /** As `write`, after everything else that the transaction brings. */
    writeLast: <Result>(work: () => Result): Promise<Result> => db.writeLast(work),
    /** Names who is to be told whenever work of `write` is undone. */
    onUndone: (forget: () => void): void => db.onUndone(forget),
    close: () => db.close(),
  };
}

export type Store = ReturnType<typeof openStore>;
export { revisionIdentity } from "./revisions.ts";
