export { downloadBundle, type Download } from "./download.ts";
export { type RuleSwitches, rulesByDefault } from "./rules.ts";
export { unpackBundle } from "./unpack.ts";
