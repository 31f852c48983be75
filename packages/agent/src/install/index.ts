export { install, type Installation } from "./install.ts";
export { sweepUnfinished } from "./unfinished.ts";
