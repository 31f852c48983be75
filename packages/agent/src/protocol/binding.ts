import { type Fields, fieldsAt, textAt } from "./revision.ts";

/** What binds a specification to one host and one question of it (docs/decisions/039). */
export interface Binding {
  readonly hostIdentifier: string;
  readonly nonce: string;
  /** What this host has still to run of the deployment. */
  readonly lifecycleEvents: readonly string[];
  /** Of the revision that is to be fetched, in hex; absent where the control plane does not know it. */
  readonly revisionSha256?: string | undefined;
}

/** The binding in a specification's content; undefined when there is none, as in AWS's own. Throws when it is not whole. */
export function readBinding(value: Fields): Binding | undefined {
  const binding = fieldsAt(value, "Binding");
  if (binding === undefined) return undefined;
  const [hostIdentifier, nonce] = [textAt(binding, "HostIdentifier"), textAt(binding, "Nonce")];
  const { LifecycleEvents: events } = binding;
  if (hostIdentifier === undefined || nonce === undefined || !Array.isArray(events))
    throw new Error("Binding in Deployment Spec must specify HostIdentifier, Nonce and LifecycleEvents");
  return {
    ...{ hostIdentifier, nonce },
    lifecycleEvents: events.map(String),
    revisionSha256: textAt(binding, "RevisionSha256")?.toLowerCase(),
  };
}

/** What this host has asked for. */
export interface Question {
  readonly deploymentExecutionId: string;
  readonly hostIdentifier: string;
  /** Sent where the signer is known: its specifications are bound. */
  readonly nonce?: string | undefined;
}

const distrust = (why: string): Error => new Error(`Cannot trust the deployment specification: ${why}`);

const shown = (text: string): string => JSON.stringify(text.slice(0, 200));

/** Throws when a specification is not the answer to this question: a signature tells who has written it, not for whom, when, or what for. */
export function checkAnswers(
  { deploymentId, binding }: { readonly deploymentId: string; readonly binding?: Binding | undefined },
  asked: Question,
): void {
  // An execution id ends with the deployment's id (agent.md §1.2).
  const id = /[/:]([^/:]*)$/.exec(asked.deploymentExecutionId)?.[1] ?? "";
  if (deploymentId !== id)
    throw distrust(`it is of deployment ${deploymentId}, and that of ${shown(id)} was asked for`);
  if (binding === undefined) {
    if (asked.nonce === undefined) return;
    throw distrust(
      "it does not say for which host and as the answer to what it was made, as those of a control plane do whose signer trusted_signer names. Somebody may play back an old one, or the control plane is older than this agent. For AWS's own service use trust_store instead of trusted_signer",
    );
  }
  if (binding.hostIdentifier !== asked.hostIdentifier)
    throw distrust(`it is for the host ${shown(binding.hostIdentifier)}, and this is ${shown(asked.hostIdentifier)}`);
  if (binding.nonce !== asked.nonce)
    throw distrust(
      "it was made as the answer to another question than this one. Somebody between this host and its control plane may be playing back what was said before",
    );
}
