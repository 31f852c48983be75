import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Signer } from "./signer.ts";
import { type Binding, type SpecificationContext, specificationOf } from "./specification.ts";

/** Specifications that are kept after signing: those of deployments under way, and some room. */
const keptMax = 2000;

interface Kept {
  readonly signed: Promise<string>;
  /** What was signed, where it may change: a token that has been deleted, or that its deployment has no use for any more, is not told again. */
  readonly text?: string | undefined;
}

/** Who asks for a specification, and gets one that is for nobody and nothing else. */
export type Asking = Omit<Binding, "RevisionSha256">;

/** Returns the signed specification of a deployment. */
export type SignedSpecifications = (deploymentId: string, asking?: Asking) => Promise<string>;

/** Signs a specification for each who wants it bound. For all others it is signed once, and again when it has become another. */
export function signedSpecifications(context: SpecificationContext, sign: Signer["sign"]): SignedSpecifications {
  const kept = new Map<string, Kept>();
  return (deploymentId, asking) => {
    if (asking !== undefined) return bound(context, sign, { deploymentId, asking });
    const found = kept.get(deploymentId);
    if (found !== undefined && found.text === undefined) return found.signed;
    const record = recordOf(context, deploymentId);
    const text = specificationOf(context, record);
    if (found?.text === text) return found.signed;
    const signed = sign(text);
    kept.set(deploymentId, { signed, text: record.request.revision.gitHubLocation && text });
    signed.catch(() => kept.delete(deploymentId));
    const [oldest] = kept.keys();
    if (kept.size > keptMax && oldest !== undefined) kept.delete(oldest);
    return signed;
  };
}

async function bound(
  context: SpecificationContext,
  sign: Signer["sign"],
  { deploymentId, asking }: { readonly deploymentId: string; readonly asking: Asking },
): Promise<string> {
  const { s3Location } = recordOf(context, deploymentId).request.revision;
  const RevisionSha256 = s3Location && (await context.revisionSha256?.(s3Location));
  // Read again: a token may have been deleted meanwhile.
  return sign(specificationOf(context, recordOf(context, deploymentId), { ...asking, RevisionSha256 }));
}

function recordOf({ store }: SpecificationContext, deploymentId: string): DeploymentRecord {
  const record = store.deployments.byId(deploymentId);
  if (record === undefined)
    throw new Error(`Cannot sign the specification of deployment "${deploymentId}": it has been deleted`);
  return record;
}
