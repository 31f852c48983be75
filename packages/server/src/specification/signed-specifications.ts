import type { Signer } from "./signer.ts";
import { type Sources, specificationOf } from "./specification.ts";

/** Specifications that are kept after signing: those of deployments under way, and some room. */
const keptMax = 2000;

/** Signs each deployment's specification once. */
export function signedSpecifications(
  sources: Sources,
  sign: Signer["sign"],
): (deploymentId: string) => Promise<string> {
  const kept = new Map<string, Promise<string>>();
  return (deploymentId) => {
    const found = kept.get(deploymentId);
    if (found !== undefined) return found;
    const record = sources.store.deployments.byId(deploymentId);
    if (record === undefined)
      throw new Error(`Cannot sign the specification of deployment "${deploymentId}": it has been deleted`);
    const signed = sign(specificationOf(sources, record));
    kept.set(deploymentId, signed);
    signed.catch(() => kept.delete(deploymentId));
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    return signed;
  };
}
