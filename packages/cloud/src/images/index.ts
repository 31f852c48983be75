export type { ImageConfig, Images, ResolvedImage } from "./resolved-image.ts";
export { openImages } from "./folder-images.ts";
