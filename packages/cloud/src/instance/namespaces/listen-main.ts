import { createServer } from "node:net";

// Opens a listening socket in the network that it runs in, hands it to the process that has started it, and ends.

const [address = "", port = ""] = process.argv.slice(2);
const server = createServer();
server.once("error", ({ message }) => process.send?.({ error: message }));
server.listen(Number(port), address, () => process.send?.({}, server));
process.once("disconnect", () => process.exit(0));
