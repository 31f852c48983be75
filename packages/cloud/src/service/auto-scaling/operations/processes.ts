import { Fault } from "@sluice/aws-protocol";
import type { AutoScalingOperations } from "../context.ts";
import { at } from "../act/causes.ts";
import { type ProcessName, processNames } from "../model/group.ts";

/** The metrics that a group can collect. */
const metrics = [
  "GroupMinSize",
  "GroupMaxSize",
  "GroupDesiredCapacity",
  "GroupInServiceInstances",
  "GroupPendingInstances",
  "GroupStandbyInstances",
  "GroupTerminatingInstances",
  "GroupTotalInstances",
  "GroupInServiceCapacity",
  "GroupPendingCapacity",
  "GroupStandbyCapacity",
  "GroupTerminatingCapacity",
  "GroupTotalCapacity",
];

/** Operations on the processes and the metrics of groups. */
export const processOperations: AutoScalingOperations = {
  SuspendProcesses({ groups, clock }, { AutoScalingGroupName, ScalingProcesses }) {
    const group = groups.get(AutoScalingGroupName);
    const added = processesOf(ScalingProcesses).filter((name) => !group.suspended.some((kept) => kept.name === name));
    const reason = `User suspended ${at(clock()).replace("At ", "at ")}`;
    groups.put({ ...group, suspended: [...group.suspended, ...added.map((name) => ({ name, reason }))] });
  },

  ResumeProcesses({ groups, wake }, { AutoScalingGroupName, ScalingProcesses }) {
    const group = groups.get(AutoScalingGroupName);
    const resumed = processesOf(ScalingProcesses);
    groups.put({ ...group, suspended: group.suspended.filter(({ name }) => !resumed.includes(name)) });
    wake(group.name);
  },

  DescribeScalingProcessTypes: () => ({ Processes: processNames.map((ProcessName) => ({ ProcessName })) }),

  EnableMetricsCollection({ groups }, { AutoScalingGroupName, Metrics = [], Granularity }) {
    if (Granularity !== "1Minute")
      throw new Fault("ValidationError", `The only valid granularity is 1Minute, and "${Granularity}" was given`);
    const group = groups.get(AutoScalingGroupName);
    const wanted = metricsOf(Metrics);
    groups.put({ ...group, metrics: metrics.filter((name) => group.metrics.includes(name) || wanted.includes(name)) });
  },

  DisableMetricsCollection({ groups }, { AutoScalingGroupName, Metrics = [] }) {
    const group = groups.get(AutoScalingGroupName);
    const wanted = metricsOf(Metrics);
    groups.put({ ...group, metrics: group.metrics.filter((name) => !wanted.includes(name)) });
  },

  DescribeMetricCollectionTypes: () => ({
    Metrics: metrics.map((Metric) => ({ Metric })),
    Granularities: [{ Granularity: "1Minute" }],
  }),
};

/** Returns the processes that a request names; all of them when it names none. */
function processesOf(names: readonly string[] = []): readonly ProcessName[] {
  return names.length === 0
    ? processNames
    : names.map((name) => {
        const found = processNames.find((known) => known === name);
        if (found === undefined)
          throw new Fault("ValidationError", `${name} is not a valid process type: ${processNames.join(", ")} are`);
        return found;
      });
}

function metricsOf(names: readonly string[]): readonly string[] {
  const unknown = names.find((name) => !metrics.includes(name));
  if (unknown !== undefined) throw new Fault("ValidationError", `${unknown} is not a valid metric type`);
  return names.length === 0 ? metrics : names;
}
