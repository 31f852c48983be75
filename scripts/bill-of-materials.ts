// A software bill of materials in the form of CycloneDX, out of the lock file: which packages something is made of, each with its hash.
// `npm run sbom` prints that of all that `npm ci --omit=dev` installs; the pack script writes that of the packed agent.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

/** An entry of the lock file, as far as it is used here. */
interface Locked {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly optional?: boolean;
}

const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Returns the keys in the lock file of the packages, other than our own, that some files belong to. */
export function packagesOf(files: readonly string[]): readonly string[] {
  const places = files.flatMap(
    (file) => /^.*(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file.slice(root.length + 1)) ?? [],
  );
  return [...new Set(places.filter((place) => place in packages))].toSorted();
}

/** Returns everything that is installed without development dependencies. */
export function installedPackages(): readonly string[] {
  return Object.entries(packages)
    .filter(([place, { dev, link }]) => place.startsWith("node_modules/") && dev !== true && link !== true)
    .map(([place]) => place);
}

/** The bill of materials of a workspace, or of the whole ("") of the repository, that is made of these packages. */
export function billOfMaterials(workspace: string, places: readonly string[]) {
  const { name = "sluice", version = "0.1.0", license = "Apache-2.0" } = packages[workspace] ?? {};
  const components = places.map(component);
  const subject = purl(name, version);
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": subject,
        name,
        version,
        purl: subject,
        licenses: [{ license: { id: license } }],
      },
    },
    components,
    dependencies: [{ ref: subject, dependsOn: components.map((one) => one["bom-ref"]) }],
  };
}

function component(place: string) {
  const {
    version = "",
    integrity = "",
    license,
    optional,
    name = place.slice(place.lastIndexOf("node_modules/") + 13),
  } = packages[place] ?? {};
  const [algorithm = "", hash = ""] = integrity.split("-", 2);
  return {
    type: "library",
    "bom-ref": purl(name, version),
    name,
    version,
    purl: purl(name, version),
    scope: optional === true ? "optional" : "required",
    hashes: [{ alg: algorithm.replace(/^sha/, "SHA-"), content: Buffer.from(hash, "base64").toString("hex") }],
    licenses: license && [licenseOf(license)],
  };
}

/** One license by its id; several by an expression. */
const licenseOf = (license: string) =>
  /^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license };

const purl = (name: string, version: string) => `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;

if (import.meta.filename === resolve(process.argv[1] ?? ""))
  console.log(JSON.stringify(billOfMaterials("", installedPackages()), null, 2));
