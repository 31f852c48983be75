import type { RequestListener } from "node:http";

/** Serves the pages that a browser asks the one port for. There is one so far: it says where one has arrived. */
export function consoleListener(): RequestListener {
  return (request, response) => {
    if (request.method !== "GET" || request.url !== "/") {
      response
        .writeHead(404, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" })
        .end("There is no such page\n");
      return;
    }
    response
      .writeHead(200, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
      })
      .end(page);
  };
}

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sluice</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto; padding: 0 1rem; color: #1d2733; background: #fbfcfd }
  h1 { font-size: 1.6rem; margin-bottom: 0 }
  pre { background: #eef2f6; padding: 1rem; border-radius: .4rem; overflow-x: auto }
</style>
<h1>Sluice is running</h1>
<p>This port speaks AWS's API. Point the <code>aws</code> command line here, then look around:</p>
<pre>eval "$(npx sluice env)"
aws deploy list-deployments
npx sluice watch DEPLOYMENT</pre>
</html>
`;
