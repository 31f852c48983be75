/** What a metric is: its name, its labels, its buckets and its meaning. */
export interface MetricDefinition {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly name: string;
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds; of a histogram alone. */
  readonly buckets?: readonly number[];
}

/** Upper bounds for requests, in seconds: a poll that finds nothing is held for 55. */
const requestBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60] as const;

/** Upper bounds for work on the event loop, in seconds. */
const workBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] as const;

/** Every metric of the server's own, beside those of Node's process that prom-client gathers. The reference prints this table. */
export const metricTable = {
  requests: {
    kind: "counter",
    name: "sluice_requests_total",
    labels: ["service", "operation", "fault"],
    help: "Requests that have been answered, by service, operation and fault; an empty fault is a success",
  },
  requestSeconds: {
    kind: "histogram",
    name: "sluice_request_duration_seconds",
    labels: ["service", "operation"],
    help: "From a request's arrival to its answer; PollHostCommand is held until there is a command",
    buckets: requestBuckets,
  },
  heldPolls: { kind: "gauge", name: "sluice_held_polls", labels: [], help: "Polls of agents that are held now" },
  agents: {
    kind: "gauge",
    name: "sluice_agents",
    labels: ["state"],
    help: "Agents that have called within the last day, since this start: seen within 30 seconds, or silent for longer",
  },
  commands: {
    kind: "counter",
    name: "sluice_commands_total",
    labels: ["outcome"],
    help: "Commands for hosts: issued, and how their events have ended",
  },
  liveDeployments: {
    kind: "gauge",
    name: "sluice_live_deployments",
    labels: ["status"],
    help: "Deployments that have not ended, by status",
  },
  deploymentSeconds: {
    kind: "histogram",
    name: "sluice_deployment_duration_seconds",
    labels: ["application", "deployment_group", "outcome"],
    help: "From a deployment's creation to its end, by application, deployment group and outcome",
    buckets: [5, 15, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400],
  },
  passSeconds: {
    kind: "histogram",
    name: "sluice_pass_duration_seconds",
    labels: [],
    help: "What a pass over a deployment takes on the event loop",
    buckets: workBuckets,
  },
  commitSeconds: {
    kind: "histogram",
    name: "sluice_commit_duration_seconds",
    labels: ["database"],
    help: "What a transaction takes, its fsync included",
    buckets: workBuckets,
  },
  commitJobs: {
    kind: "histogram",
    name: "sluice_commit_jobs",
    labels: ["database"],
    help: "How many writes share a transaction",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
  },
  storeBytes: {
    kind: "gauge",
    name: "sluice_store_bytes",
    labels: ["file"],
    help: "Size of the data folder's databases and their logs",
  },
  queueLength: {
    kind: "gauge",
    name: "sluice_queue_length",
    labels: ["queue"],
    help: "What waits: commands that no host has acknowledged, notifications, follow-ups, passes, effects under way",
  },
  overLimit: {
    kind: "counter",
    name: "sluice_over_limit_total",
    labels: ["limit"],
    help: "What went over a limit: requests of a key, polls of a host, log bytes of a deployment",
  },
  defects: {
    kind: "counter",
    name: "sluice_defects_total",
    labels: [],
    help: "Errors that should not happen; the log has each",
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
