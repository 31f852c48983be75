export { install, type Installation } from "./install.ts";
