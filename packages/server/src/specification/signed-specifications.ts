import type { Signer } from "./signer.ts";
import { type SpecificationContext, specificationOf } from "./specification.ts";

/** Specifications that are kept after signing: those of deployments under way, and some room. */
const keptMax = 2000;

interface Kept {
  readonly signed: Promise<string>;
  /** What was signed, where it may change: a token that has been deleted, or that its deployment has no use for any more, is not told again. */
  readonly text?: string | undefined;
}

/** Signs each deployment's specification once, and again when it has become another. */
export function signedSpecifications(
  sources: SpecificationContext,
  sign: Signer["sign"],
): (deploymentId: string) => Promise<string> {
  const kept = new Map<string, Kept>();
  return (deploymentId) => {
    const found = kept.get(deploymentId);
    if (found !== undefined && found.text === undefined) return found.signed;
    const record = sources.store.deployments.byId(deploymentId);
    if (record === undefined)
      throw new Error(`Cannot sign the specification of deployment "${deploymentId}": it has been deleted`);
    const text = specificationOf(sources, record);
    if (found?.text === text) return found.signed;
    const signed = sign(text);
    kept.set(deploymentId, { signed, text: record.request.revision.gitHubLocation && text });
    signed.catch(() => kept.delete(deploymentId));
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    return signed;
  };
}
