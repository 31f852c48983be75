import { type Fields, fieldsAt, textAt } from "./revision.ts";

/** Binds a specification to one host and one of its requests (docs/decisions/039). */
export interface Binding {
  readonly hostIdentifier: string;
  readonly nonce: string;
  /** The events of the deployment that this host has not run yet. */
  readonly lifecycleEvents: readonly string[];
  /** The digest of the revision, in hex; undefined when the control plane does not know it. */
  readonly revisionSha256?: string | undefined;
}

/** Reads the binding of a specification. Returns undefined when there is none, as in AWS's own. Throws when a part of it is missing. */
export function readBinding(value: Fields): Binding | undefined {
  const binding = fieldsAt(value, "Binding");
  if (binding === undefined) return undefined;
  const [hostIdentifier, nonce] = [textAt(binding, "HostIdentifier"), textAt(binding, "Nonce")];
  const { LifecycleEvents: events } = binding;
  if (hostIdentifier === undefined || nonce === undefined || !Array.isArray(events))
    throw new Error("Binding in Deployment Spec must specify HostIdentifier, Nonce and LifecycleEvents");
  return {
    hostIdentifier,
    nonce,
    lifecycleEvents: events.map(String),
    revisionSha256: textAt(binding, "RevisionSha256")?.toLowerCase(),
  };
}

/** A request for a specification. */
export interface SpecificationRequest {
  readonly deploymentExecutionId: string;
  readonly hostIdentifier: string;
  /** Sent when the configuration names the signer, whose specifications are bound. */
  readonly nonce?: string | undefined;
}

const distrust = (why: string): Error => new Error(`Cannot trust the deployment specification: ${why}`);

const shown = (text: string): string => JSON.stringify(text.slice(0, 200));

/** Throws when a specification is not the response to a request: its signature proves its author, but not for which host, when, or for which request it was made. */
export function checkBinding(
  { deploymentId, binding }: { readonly deploymentId: string; readonly binding?: Binding | undefined },
  asked: SpecificationRequest,
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
