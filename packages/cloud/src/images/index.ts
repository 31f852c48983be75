export type { ImageConfig, Images, ResolvedImage } from "./resolved-image.ts";
