export { downloadFromGitHub } from "./download/download-git-hub.ts";
export { downloadFromS3 } from "./download/download-s3.ts";
export { copyLocalDirectory, copyUnpacked, linkLocalFile } from "./download/local-revision.ts";
export { type BundleRuleOptions, defaultBundleRules } from "./bundle-rules.ts";
export { unpackBundle } from "./unpack.ts";
