import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// Node would compile all our TypeScript anew at each start, which is half of it. What it has compiled is kept with the
// installed packages: it goes when they go, and nobody else may write there. Where it cannot be kept, nothing is lost but time.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/sluice/code", import.meta.url)));
await import("./program.ts");
