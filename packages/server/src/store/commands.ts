import type { Answer } from "@sluice/engine";
import type { Answers } from "./answers.ts";
import type { Database } from "./database.ts";
import type { ObservedDeployments } from "./observed-deployments.ts";
import type { CommandRecord, OpenCommand, Outbox } from "./outbox.ts";

/** Commands for hosts, and what hosts have answered. */
export function commands(
  db: Database,
  { observed, answers, outbox }: { observed: ObservedDeployments; answers: Answers; outbox: Outbox },
) {
  return {
    /** The command that a host was given for an event of a deployment. */
    find(deploymentId: string, host: string, name: string): CommandRecord | undefined {
      const row = db.get<{ id: string }>(
        "SELECT id FROM targets WHERE host = ? AND deployment_id = ?",
        host,
        deploymentId,
      );
      const target = row && observed.target(deploymentId, row.id);
      const event = target?.events.find((candidate) => candidate.name === name);
      if (target === undefined || event?.command === undefined) return undefined;
      return { id: event.command.id, deploymentId, targetId: target.id, host, event: event.name };
    },
    /** Commands that the host has not acknowledged, oldest first. */
    openFor: (host: string): readonly OpenCommand[] => outbox.openFor(host),
    /** Takes down an answer for the next pass: the first of a kind, or the last progress. */
    answer: (answer: Answer, deploymentId: string): void => answers.add(answer, deploymentId),
    newAnswers: (deploymentId: string): readonly Answer[] => answers.of(deploymentId),
  };
}
