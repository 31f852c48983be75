import type { Answer, Cursor, Page, Time } from "./answers.ts";
import type { DeploymentRow, Revision, Status } from "./deployments.ts";

/** `GET /console/api/now`. */
export interface Now extends Answer<"create-deployment"> {
  /** Those that wait for a person come first. */
  readonly running: readonly DeploymentRow[];
  /** How many run beyond those shown: at most 200 are. */
  readonly moreRunning: number;
  /** The last 20 that ended. */
  readonly finished: readonly DeploymentRow[];
  readonly silentAgents: {
    readonly count: number;
    readonly hosts: readonly HostRow[];
    /** In milliseconds. */ readonly after: number;
  };
  /** The last 24 hours, an entry an hour, the oldest first. */
  readonly outcomes: readonly {
    readonly from: Time;
    readonly succeeded: number;
    readonly failed: number;
    readonly stopped: number;
  }[];
  /** What has been seen to happen, for a first run. */
  readonly first: { readonly hasHosts: boolean; readonly hasApplications: boolean; readonly hasDeployments: boolean };
}

/** One application and group: which revision is on how many targets, and why. */
export interface WhereCell {
  readonly application: string;
  readonly group: string;
  readonly platform: "Server" | "Lambda" | "ECS";
  /** The revision that the group should have: that of its last success. */
  readonly target?: Revision | undefined;
  /** By revision, the most first; more than one is a mixture. */
  readonly shares: readonly { readonly revision: Revision; readonly targets: number }[];
  readonly targets: number;
  readonly outdated: number;
  readonly since?: Time | undefined;
  /** Who brought it, in a sentence, and the deployment. */
  readonly because?: { readonly creator: string; readonly deployment: string; readonly text: string } | undefined;
  readonly running?: { readonly deployment: string; readonly status: Status } | undefined;
  readonly lastOutcome?: Status | undefined;
}

/** `GET /console/api/where`. Filters: `application`, `group`, `revision`, `q`, `mixed=1`, `outdated=1`. */
export interface Where extends Answer<"create-deployment">, Page<WhereCell> {}

/** An application in a list. */
export interface ApplicationRow {
  readonly name: string;
  readonly platform: "Server" | "Lambda" | "ECS";
  readonly createTime: Time;
  readonly groups: number;
  readonly running: number;
  readonly lastDeployment?: { readonly id: string; readonly status: Status; readonly at: Time } | undefined;
}

/** `GET /console/api/applications`. Filters: `q`. */
export interface Applications extends Answer<"create-application">, Page<ApplicationRow> {}

/** A revision of an application with its history. */
export interface RevisionRow {
  readonly revision: Revision;
  readonly description?: string | undefined;
  readonly registerTime: Time;
  readonly firstUsed?: Time | undefined;
  readonly lastUsed?: Time | undefined;
  readonly deployments: readonly {
    readonly id: string;
    readonly group: string;
    readonly status: Status;
    readonly at: Time;
  }[];
  /** The groups that have it now. */
  readonly current: readonly string[];
}

/** `GET /console/api/applications/:application`. */
export interface ApplicationAnswer extends Answer<"create-deployment" | "register-revision"> {
  readonly application: ApplicationRow;
  readonly groups: readonly WhereCell[];
  /** The newest 50. */
  readonly revisions: readonly RevisionRow[];
  /** The last 50 that succeeded, the oldest first; in milliseconds. */
  readonly durations: readonly {
    readonly deployment: string;
    readonly group: string;
    readonly at: Time;
    readonly duration: number;
  }[];
}

/** `GET /console/api/applications/:application/groups/:group`. */
export interface GroupAnswer extends Answer<"create-deployment" | "update-group"> {
  readonly group: WhereCell & { readonly id: string; readonly configuration: string; readonly serviceRole: string };
  /** How it deploys, in sentences by subject: selectors, rule of healthy hosts, traffic, alarms, rollbacks, triggers. */
  readonly settings: readonly { readonly name: string; readonly text: string }[];
  /** AWS's deploymentGroupInfo. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** What the group remembers of hosts, the first 200. */
  readonly hosts: readonly {
    readonly host: string;
    readonly revision?: Revision | undefined;
    readonly health: string;
    readonly lastSeen?: Time | undefined;
  }[];
  readonly deployments: readonly DeploymentRow[];
}

/** A host with an agent. */
export interface HostRow {
  /** Instance id, or the name of an on-premises instance. */
  readonly host: string;
  readonly kind: "instance" | "on-premises";
  /** When its agent last asked for commands; absent since this server has started. */
  readonly lastSeen?: Time | undefined;
  readonly isSilent: boolean;
  readonly agentVersion?: string | undefined;
  readonly zone?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** By application and group. */
  readonly revisions: readonly {
    readonly application: string;
    readonly group: string;
    readonly revision?: Revision | undefined;
    readonly health: string;
  }[];
  /** The deployment that has it now. */
  readonly running?: string | undefined;
}

/** `GET /console/api/hosts`. Filters: `application`, `group`, `silent=1`, `kind`, `q`. */
export interface Hosts extends Answer, Page<HostRow> {}

/** `GET /console/api/hosts/:host`. */
export interface HostAnswer extends Answer<"tag-host" | "deregister-host"> {
  readonly host: HostRow;
  /** The last 50 deployments to it. */
  readonly history: readonly {
    readonly deployment: DeploymentRow;
    readonly status: string;
    readonly failedEvent?: string | undefined;
  }[];
}

/** An entry of the audit log. */
export interface AuditRow {
  readonly sequence: number;
  readonly at: Time;
  readonly requestId: string;
  readonly service: string;
  readonly operation: string;
  readonly caller: string;
  readonly sourceIp?: string | undefined;
  readonly resources: readonly string[];
  /** `Succeeded`, or the name of the fault. */
  readonly outcome: string;
}

/** `GET /console/api/audit`, newest first. Filters: `caller`, `operation`, `outcome`, `q`, `from`, `to`. */
export interface Audit extends Answer, Page<AuditRow> {}

/** `GET /console/api/search?q=`: the best first, at most 20. */
export interface Search extends Answer {
  readonly results: readonly {
    readonly kind: "application" | "group" | "deployment" | "host" | "error";
    readonly label: string;
    /** The page's path, such as `/d/d-ABCDEF123`. */
    readonly path: string;
    readonly detail: string;
    readonly cursor?: Cursor | undefined;
  }[];
}
