import type { Tag } from "@aws-sdk/client-ecs";
import { clusterOf } from "./clusters.ts";
import type { EcsContext, EcsOperations } from "./context.ts";
import { definitionOf } from "./definitions/find-definition.ts";
import { arnOf, invalid } from "./names.ts";
import { serviceOf, taskSetOf } from "./services/find-service.ts";
import { checkedTags, mergedTags } from "./tag-rules.ts";
import { taskOf } from "./tasks/find-task.ts";

/** Operations on the tags of clusters, task definitions, services, task sets and tasks. */
export const tagOperations: EcsOperations = {
  TagResource(context, { resourceArn = "", tags }) {
    const { kept, keep } = tagged(context, resourceArn);
    keep(mergedTags(kept, checkedTags(tags)));
  },

  UntagResource(context, { resourceArn = "", tagKeys = [] }) {
    const { kept, keep } = tagged(context, resourceArn);
    keep(kept.filter(({ key = "" }) => !tagKeys.includes(key)));
  },

  ListTagsForResource: (context, { resourceArn = "" }) => ({ tags: [...tagged(context, resourceArn).kept] }),
};

interface Tagged {
  readonly kept: readonly Tag[];
  readonly keep: (tags: readonly Tag[]) => void;
}

/** Returns the tags of what an ARN names; throws a Fault when it names nothing that has some. */
export function tagged(context: EcsContext, arn: string): Tagged {
  const { clusters, definitions, services, tasks } = context;
  const [kind = "", ...path] = arn.slice(arnOf(context, "").length).split("/");
  const [cluster = "", service] = path;
  switch (arn.startsWith(arnOf(context, "")) ? kind : "") {
    case "cluster": {
      const found = clusterOf(context, arn);
      return { kept: found.tags, keep: (tags) => clusters.put({ ...found, tags }) };
    }
    case "task-definition": {
      const found = definitionOf(context, arn);
      return { kept: found.tags, keep: (tags) => definitions.put({ ...found, tags }) };
    }
    case "service": {
      const found = serviceOf(context, { cluster: service === undefined ? undefined : cluster, service: arn });
      return { kept: found.tags, keep: (tags) => services.put({ ...found, tags }) };
    }
    case "task-set": {
      const found = serviceOf(context, { cluster, service });
      const set = taskSetOf(context, found, arn);
      const keep = (tags: readonly Tag[]) =>
        services.put({
          ...found,
          taskSets: found.taskSets.map((one) => (one.id === set.id ? { ...one, tags } : one)),
        });
      return { kept: set.tags, keep };
    }
    case "task": {
      const found = taskOf(context, { cluster: service === undefined ? undefined : cluster, task: arn });
      return { kept: found.tags, keep: (tags) => tasks.put({ ...found, tags }) };
    }
    default:
      throw invalid(`Invalid identifier: Unexpected ARN ${arn.slice(0, 300)}`);
  }
}
