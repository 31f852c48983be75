import type { ActionAnswer, PlanAnswer, PlanRequest } from "./actions.ts";
import type { Cloud } from "./cloud.ts";
import type { DeploymentAnswer, Deployments, Logs, TargetAnswer, TargetColumns } from "./deployments.ts";
import type { Events, Why } from "./explain.ts";
import type {
  ApplicationAnswer,
  Applications,
  Audit,
  GroupAnswer,
  HostAnswer,
  Hosts,
  Now,
  Search,
  Where,
} from "./fleet.ts";
import type { NewSession, Session, SessionRequest } from "./sessions.ts";

/**
 * What is read with GET. All need both halves of a session: the cookie, which a browser sends by itself, and the header
 * `x-sluice-session`. Names in paths are percent-encoded. Statuses: 400, 401 (no session, or no more), 403 (a right is
 * missing, or the request is another site's), 404, 429, 503; 421 for a host that this server is not.
 */
export interface Reads {
  readonly "/console/api/now": Now;
  readonly "/console/api/where": Where;
  readonly "/console/api/applications": Applications;
  readonly "/console/api/applications/:application": ApplicationAnswer;
  readonly "/console/api/applications/:application/groups/:group": GroupAnswer;
  readonly "/console/api/deployments": Deployments;
  readonly "/console/api/deployments/:id": DeploymentAnswer;
  readonly "/console/api/deployments/:id/targets": TargetColumns;
  readonly "/console/api/deployments/:id/targets/:target": TargetAnswer;
  readonly "/console/api/deployments/:id/why": Why;
  readonly "/console/api/deployments/:id/events": Events;
  readonly "/console/api/deployments/:id/logs": Logs;
  readonly "/console/api/events": Events;
  readonly "/console/api/hosts": Hosts;
  readonly "/console/api/hosts/:host": HostAnswer;
  readonly "/console/api/cloud": Cloud;
  readonly "/console/api/audit": Audit;
  readonly "/console/api/search": Search;
  readonly "/console/api/session": Session;
}

/** What is posted, as JSON (`content-type: application/json`). */
export interface Posts {
  /** Without a session: this makes one. */
  readonly "/console/api/session": { readonly body: SessionRequest; readonly answer: NewSession };
  /** See `Actions` for the bodies. */
  readonly "/console/api/actions/:name": { readonly body: unknown; readonly answer: ActionAnswer };
  readonly "/console/api/plan": { readonly body: PlanRequest; readonly answer: PlanAnswer };
}
