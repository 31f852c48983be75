import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** Makes this process trust the certificates in a file besides those that it trusts already, as AWS's own programs do. */
export function trust(caBundle: string): void {
  try {
    setDefaultCACertificates([...getCACertificates("default"), readFileSync(caBundle, "utf8")]);
  } catch (cause) {
    throw new Error(`Cannot trust the certificates of AWS_CA_BUNDLE, "${caBundle}"`, { cause });
  }
}
