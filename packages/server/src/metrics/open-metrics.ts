import type { Counter, Gauge, Histogram } from "prom-client";
import { BoundedLabels } from "./bounded-labels.ts";
import type { Measurements, Readings } from "./measurements.ts";
import { type MetricDefinition, metricTable } from "./metric-table.ts";

/** How many pairs of application and deployment group have series of their own: each has thirteen for each of three outcomes. */
const groupsMax = 200;

/** How many combinations of service, operation and fault have a series. Their names are AWS's; this holds whatever a service may say. */
const operationsMax = 2_000;

/** Metrics, and how they are read. */
export interface Metrics extends Measurements {
  /** Returns them in Prometheus' text format. */
  scrape(readings: Readings): Promise<string>;
  readonly contentType: string;
}

type Instruments = {
  readonly [Name in keyof typeof metricTable]: {
    readonly counter: Counter;
    readonly gauge: Gauge;
    readonly histogram: Histogram;
  }[(typeof metricTable)[Name]["kind"]];
};

/** Makes the metrics of a server. prom-client is loaded only here, when somebody wants them. */
export async function openMetrics(): Promise<Metrics> {
  const client = await import("prom-client");
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  const make = ({ kind, name, labels, help, buckets = [] }: MetricDefinition) => {
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === "counter") return new client.Counter(common);
    return kind === "gauge" ? new client.Gauge(common) : new client.Histogram({ ...common, buckets: [...buckets] });
  };
  const entries = Object.entries(metricTable).map(([key, definition]) => [key, make(definition)]);
  const instruments = Object.fromEntries(entries) as Instruments; // `make` follows the table
  return {
    ...measurementsOf(instruments),
    contentType: registry.contentType,
    scrape(readings) {
      read(instruments, readings);
      return registry.metrics();
    },
  };
}

function measurementsOf(to: Instruments): Measurements {
  const operations = new BoundedLabels(operationsMax);
  const groups = new BoundedLabels(groupsMax);
  return {
    request({ service, operation, fault = "", milliseconds }) {
      const labels = operations.of({ service, operation, fault });
      to.requests.inc(labels);
      to.requestSeconds.observe({ service: labels.service, operation: labels.operation }, milliseconds / 1000);
    },
    decision(decision) {
      if (decision.do === "run" && decision.effect === undefined) to.commands.inc({ outcome: "Issued" });
      if (decision.do === "settle event" && decision.diagnostics !== undefined)
        to.commands.inc({ outcome: decision.as });
    },
    end({ application, group, outcome, milliseconds }) {
      const labels = groups.of({ application, deployment_group: group });
      to.deploymentSeconds.observe({ ...labels, outcome }, milliseconds / 1000);
    },
    pass: (milliseconds) => to.passSeconds.observe(milliseconds / 1000),
    commit(database, { jobs, milliseconds }) {
      to.commitJobs.observe({ database }, jobs);
      to.commitSeconds.observe({ database }, milliseconds / 1000);
    },
    defect: () => to.defects.inc(),
    overLimit: (limit) => to.overLimit.inc({ limit }),
  };
}

function read(to: Instruments, { polls, live, storeSizes, queues }: Readings): void {
  const { held, seen, silent } = polls();
  to.heldPolls.set(held);
  to.agents.set({ state: "seen" }, seen);
  to.agents.set({ state: "silent" }, silent);
  to.liveDeployments.reset(); // a status that no deployment has any more
  for (const [status, count] of Object.entries(live())) to.liveDeployments.set({ status }, count);
  for (const [file, bytes] of Object.entries(storeSizes())) to.storeBytes.set({ file }, bytes);
  for (const [queue, length] of Object.entries(queues())) to.queueLength.set({ queue }, length);
}
