export { downloadFromGitHub } from "./download-git-hub.ts";
export { downloadFromS3 } from "./download-s3.ts";
export { copyLocalDirectory, copyUnpacked, linkLocalFile } from "./local-revision.ts";
export { type RuleSwitches, rulesByDefault } from "./rules.ts";
export { unpackBundle } from "./unpack.ts";
