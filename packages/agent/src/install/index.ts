export { install, type Installation } from "./install.ts";
export { sweepUnfinishedInstallations } from "./unfinished-installation.ts";
