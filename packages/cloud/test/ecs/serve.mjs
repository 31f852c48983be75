// A program for an image whose tasks are ordinary processes: serves the image's page at the port that it is told.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

createServer((_, response) => response.end(readFileSync("www/index.html"))).listen(Number(process.env.PORT));
