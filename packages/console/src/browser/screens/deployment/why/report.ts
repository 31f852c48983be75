import type { DeploymentHeader, Why } from "@sluice/server/console-contract";
import { plainText } from "../../../ui/ansi.ts";

/** What `Copy report` gives: the cause as Markdown, for a ticket or a message. Output stands indented, which nothing in it can end. */
export function reportOf(why: Why, { application, group, revision, counts }: DeploymentHeader): string {
  const lines = [`# ${why.deploymentId}: ${application} / ${group}, revision ${revision.short}`, "", why.sentence, ""];
  if (why.rule !== undefined) lines.push(`Rule: ${why.rule.name}. ${why.rule.text}`, "");
  for (const [index, failure] of why.groups.entries()) {
    const where = [
      failure.event,
      failure.script,
      failure.exitCode === undefined ? undefined : `exit ${failure.exitCode}`,
      failure.errorCode,
    ];
    lines.push(
      `## ${index + 1}. ${where.filter((part) => part !== undefined).join(" · ")}: ${failure.count} of ${counts.total} targets`,
      "",
    );
    lines.push(failure.message, "", `First on ${failure.firstTarget} at ${new Date(failure.firstSeen).toISOString()}.`);
    for (const { name, value, failedWith, failed, othersWith, others } of failure.shared)
      lines.push(`- ${name} ${value}: ${failedWith} of ${failed} failed, ${othersWith} of ${others} others`);
    lines.push("", ...failure.sample.split("\n").map((line) => `    ${plainText(line)}`), "");
  }
  if (why.changed.length > 0) lines.push("## Changed since the last success", "");
  for (const { what, name, before, after } of why.changed)
    lines.push(`- ${what} ${name}: ${before ?? "none"} → ${after ?? "none"}`);
  if (why.next.length > 0) lines.push("", "## Next", "");
  for (const { text, command } of why.next) lines.push(`- ${text}`, `      ${command}`);
  return `${lines.join("\n")}\n`;
}
