import { identityInWords, revisionInWords } from "../deployment/revision-in-words.ts";
import type { Store } from "../store/index.ts";

/** What a deployment group has, and why. */
export interface GroupStatus {
  readonly application: string;
  readonly group: string;
  /** The last revision that succeeded for the group; undefined when none has. */
  readonly revision?: string | undefined;
  /** Revisions by how many hosts have them, the most frequent first. `unknown` counts hosts that never had a success. */
  readonly hosts: readonly { readonly revision: string; readonly count: number }[];
  /** How many hosts do not have the group's revision, or are not well after their last deployment. */
  readonly outdated: number;
  readonly last?: LastDeployment | undefined;
}

/** The deployment that was created last. */
export interface LastDeployment {
  readonly deploymentId: string;
  readonly status: string;
  readonly revision: string;
  /** `user`, or what of the service has made it. */
  readonly creator: string;
  /** Milliseconds since the epoch. */
  readonly createTime: number;
  readonly completeTime?: number | undefined;
}

/** Returns which revision runs where, for all groups of one application or of all. */
export function runningRevisions(
  { applications, groups, deployments }: Store,
  only?: { readonly application?: string | undefined; readonly group?: string | undefined },
): readonly GroupStatus[] {
  const names = only?.application === undefined ? applications.names() : [only.application];
  return names.flatMap((application) => {
    const { id = "" } = applications.byName(application) ?? {};
    return groups
      .of(id)
      .filter(({ name }) => only?.group === undefined || name === only.group)
      .map((group): GroupStatus => {
        const memories = Object.values(deployments.memories(group.id));
        const revision = group.targetRevision && revisionInWords(group.targetRevision);
        const counts = new Map<string, number>();
        for (const { installed } of memories) {
          const words = installed === undefined ? "unknown" : identityInWords(installed);
          counts.set(words, (counts.get(words) ?? 0) + 1);
        }
        const isOutdated = ({ health, installed }: (typeof memories)[number]) =>
          health !== "Healthy" || installed === undefined || identityInWords(installed) !== revision;
        const last = deployments.lastOf(group.id);
        return {
          application,
          group: group.name,
          revision,
          hosts: [...counts]
            .map(([words, count]) => ({ revision: words, count }))
            .toSorted((a, b) => b.count - a.count),
          outdated: memories.filter(isOutdated).length,
          last: last && {
            deploymentId: last.id,
            status: last.state.status,
            revision: revisionInWords(last.request.revision),
            creator: last.request.creator,
            createTime: last.state.createTime,
            completeTime: last.state.completeTime,
          },
        };
      });
  });
}
