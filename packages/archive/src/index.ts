export { type ByteName, byteName, pathOf, quoted } from "./byte-name.ts";
export { type EntryLimits, EntryRules, type JudgedArchive, UnsafeEntry } from "./entry-rules.ts";
export { isInside, leadsOut } from "./links.ts";
export { blockBytes, readHead, type TarHead } from "./tar-head.ts";
export { type Piece, TarReader } from "./tar-reader.ts";
export { type LaterLink, TreeWriter } from "./tree-writer.ts";
