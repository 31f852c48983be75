export { downloadBundle, type Download } from "./download.ts";
export { unpackBundle } from "./unpack.ts";
