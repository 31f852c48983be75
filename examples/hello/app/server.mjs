#!/usr/bin/env node
// Says which version it is, and on which host. PORT is 8080 unless the environment says otherwise.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { hostname } from "node:os";

const version = readFileSync(new URL("VERSION", import.meta.url), "utf8").trim();
const server = createServer((_request, response) => response.end(`hello, version ${version}, from ${hostname()}\n`));
server.listen(Number(process.env.PORT ?? 8080));
