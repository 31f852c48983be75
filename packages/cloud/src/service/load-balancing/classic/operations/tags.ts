import type { Tag } from "@aws-sdk/client-elastic-load-balancing";
import { type ClassicOperations, loadBalancerOf } from "../context.ts";

/** Operations on the tags of classic load balancers. */
export const tagOperations: ClassicOperations = {
  AddTags({ records }, { LoadBalancerNames = [], Tags = [] }) {
    for (const name of LoadBalancerNames) {
      const record = loadBalancerOf(records, name);
      const kept = record.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key));
      records.put(name, { ...record, tags: [...kept, ...Tags] });
    }
  },

  RemoveTags({ records }, { LoadBalancerNames = [], Tags = [] }) {
    for (const name of LoadBalancerNames) {
      const record = loadBalancerOf(records, name);
      records.put(name, { ...record, tags: record.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key)) });
    }
  },

  DescribeTags: ({ records }, { LoadBalancerNames = [] }) => ({
    TagDescriptions: LoadBalancerNames.map((name) => {
      const tags: readonly Tag[] = loadBalancerOf(records, name).tags;
      return { LoadBalancerName: name, Tags: [...tags] };
    }),
  }),
};
