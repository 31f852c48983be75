import type { Platform } from "../service/ecr/index.ts";

/** Node's names of processors, as images have them: Go's. */
const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/** On what containers run here. */
export const hostPlatform: Platform = { os: "linux", architecture: architectures[process.arch] ?? process.arch };

/** A platform as messages have it. */
export const platformName = ({ os, architecture }: Platform): string => `${os}/${architecture}`;

/** Whether an image for this platform runs here. */
export const runsHere = ({ os, architecture }: Platform): boolean =>
  os === hostPlatform.os && architecture === hostPlatform.architecture;
