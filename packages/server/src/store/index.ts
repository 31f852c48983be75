import { Reports } from "./deployments/reports.ts";
import { applications } from "./applications.ts";
import { copiedGroups } from "./copied-groups.ts";
import { commands } from "./deployments/commands.ts";
import { type Database, openDatabase, type Tables } from "./database.ts";
import type { CommitFigures } from "./group-commit.ts";
import { deploymentConfigs } from "./deployment-configs.ts";
import { deploymentGroups } from "./deployment-groups.ts";
import { deploymentChanges } from "./deployments/changes.ts";
import { expiredDeployments } from "./deployments/expired.ts";
import { deploymentLists } from "./deployments/list.ts";
import { deploymentReads } from "./deployments/records.ts";
import { notifications } from "./notifications.ts";
import { stopAndContinueRequests } from "./deployments/requests.ts";
import { EventLog, type EventLogOptions } from "./event-log.ts";
import { githubTokens } from "./github-tokens.ts";
import { launchReads } from "./deployments/launches.ts";
import { DeploymentCache } from "./deployments/cache.ts";
import { onPremisesInstances } from "./on-premises-instances.ts";
import { Outbox } from "./deployments/outbox.ts";
import { owedFollowUps } from "./deployments/owed-follow-ups.ts";
import { overviews } from "./overviews.ts";
import { resourceTags } from "./resource-tags.ts";
import { revisions } from "./revisions.ts";
import { scaledInstances } from "./scaled-instances.ts";
import { scalingHooks } from "./scaling-hooks.ts";
import { unusedRevisions } from "./unused-revisions.ts";
import { schema, upgrades } from "./schema.ts";

/** The control plane's tables. */
export const storeTables: Tables = { schema, upgrades };

const count = (db: Database, table: "notifications" | "owed_follow_ups"): number =>
  db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0;

/** Opens the control plane's store in a data folder. */
export const openStore = (dataFolder: string, eventLog: EventLogOptions = {}): Store =>
  storeOn(openDatabase(dataFolder, "codedeploy.sqlite", storeTables), eventLog);

/** The control plane's store on a database that has its tables: facts by noun, written in groups. */
export function storeOn(db: Database, eventLog: EventLogOptions = {}) {
  const cache = new DeploymentCache(db);
  const events = new EventLog(db, eventLog);
  const reports = new Reports(db);
  const outbox = new Outbox(db, cache, reports);
  const forgetDeployments = () => {
    reports.forget();
    outbox.forget();
  };
  return {
    applications: applications(db, forgetDeployments),
    groups: deploymentGroups(db),
    revisions: { ...revisions(db), ...unusedRevisions(db) },
    tags: resourceTags(db),
    configs: deploymentConfigs(db),
    deployments: {
      ...deploymentReads(db, cache),
      ...deploymentLists(db),
      ...launchReads(db),
      ...expiredDeployments(db, cache),
      ...stopAndContinueRequests(db, events),
      ...deploymentChanges(db, { cache, reports, outbox, events }),
    },
    /** Every change of state: appended in the transaction of the change. */
    events,
    commands: commands(db, { cache, reports, outbox }),
    notifications: notifications(db),
    overviews: overviews(db),
    onPremises: onPremisesInstances(db),
    githubTokens: githubTokens(db),
    scaling: scalingHooks(db),
    scaledInstances: scaledInstances(db),
    copies: copiedGroups(db),
    followUps: owedFollowUps(db),
    /** Runs a job in a transaction; resolves once it is on the disk. */
    write: <Result>(work: () => Result): Promise<Result> => db.write(work),
    /** As `write`, after all other jobs of the transaction. */
    writeAtEnd: <Result>(work: () => Result): Promise<Result> => db.writeAtEnd(work),
    /** As `write`, without hurry: the job shares the next transaction. */
    writeDeferred: <Result>(work: () => Result): Promise<Result> => db.writeDeferred(work),
    /** What waits, by the name of its queue. */
    queues: () => ({
      commands: outbox.length,
      notifications: count(db, "notifications"),
      "follow-ups": count(db, "owed_follow_ups"),
    }),
    /** Registers a callback that learns what each transaction took. It must not throw. */
    afterCommit: (tell: (figures: CommitFigures) => void): void => db.afterCommit(tell),
    /** Registers a callback for rollbacks. */
    onRollback: (forget: () => void): void => db.onRollback(forget),
    /** Has the file stay as it is until the returned function is called. */
    freeze: (): (() => void) => db.freeze(),
    close: () => db.close(),
  };
}

export type Store = ReturnType<typeof storeOn>;
export { revisionIdentity } from "./revisions.ts";
