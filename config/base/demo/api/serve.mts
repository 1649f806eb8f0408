// Answers a demo's requests to whoever shows the token, and /healthz to everybody.
//   node serve.mts ANSWERS.mts, with TOKEN and PORT in the environment
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

/** What a demo's answers.mts exports: the JSON text for a URL, or undefined where there is nothing. */
interface Content {
  readonly answer: (url: URL) => string | undefined;
}

const { TOKEN: token = "", PORT: port } = process.env;
const [, , program = ""] = process.argv;
const { answer } = (await import(pathToFileURL(program).href)) as Content;

const server = createServer(({ url = "/", headers }, response) => {
  const asked = new URL(url, "http://api");
  if (asked.pathname === "/healthz") return response.end("ok");
  if (headers.authorization !== `Bearer ${token}` && headers["x-api-key"] !== token) {
    return response.writeHead(401).end("a token is needed: Authorization: Bearer, or X-Api-Key");
  }
  const text = answer(asked);
  if (text === undefined) return response.writeHead(404).end(`there is nothing at ${asked.pathname}`);
  return response.writeHead(200, { "content-type": "application/json" }).end(text);
});
server.listen(Number(port));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
