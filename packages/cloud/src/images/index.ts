export { type ImagesContext, openImages, type UnpackedImage, unpackedFolder } from "./open-images.ts";
export { isLocalReference } from "./reference.ts";
export type { ImageConfig, Images, ResolvedImage } from "./resolved-image.ts";
export type { UnpackAs } from "./unpacked-images.ts";
