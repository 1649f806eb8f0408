// The API of the demo: GET /posts answers the posts to whoever shows the token.
import { createReadStream, readFileSync } from "node:fs";
import { createServer } from "node:http";

const token = readFileSync("/etc/posts-api/token", "utf8").trim();

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://posts-api");
  if (pathname === "/healthz") response.end("ok");
  else if (request.headers.authorization !== `Bearer ${token}`) response.writeHead(401).end("a token is needed");
  else if (pathname !== "/posts") response.writeHead(404).end("there is /posts");
  else {
    response.writeHead(200, { "content-type": "application/json" });
    createReadStream("/srv/posts.json").pipe(response);
  }
});
server.listen(8080);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
