import { createServer } from "node:net";

// A server that answers every request alike, with as little work as possible: what is measured is what stands before it.

const answer = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");

createServer({ noDelay: true }, (socket) => {
  let rest = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    const heads = (rest + chunk.toString("latin1")).split("\r\n\r\n");
    rest = heads.pop() ?? "";
    for (const _ of heads) socket.write(answer);
  });
}).listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
