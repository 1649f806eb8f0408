import { createServer, type Server, type ServerResponse } from "node:http";
import type { Metrics } from "./metrics.ts";

/** What the kubelet asks. Each probe answers with nothing when all is well, else with what is not. */
export interface Probes {
  readonly alive: () => string | undefined;
  readonly ready: () => string | undefined;
}

/** Serves /metrics, /healthz and /readyz on `port` until the server is closed. */
export function serveTelemetry(port: number, metrics: Metrics, probes: Probes): Promise<Server> {
  const server = createServer((request, response) => {
    switch (request.url?.split("?")[0]) {
      case "/metrics":
        void answerMetrics(metrics, response);
        return;
      case "/healthz":
        answerProbe(response, probes.alive());
        return;
      case "/readyz":
        answerProbe(response, probes.ready());
        return;
      default:
        response.writeHead(404).end("there are /metrics, /healthz and /readyz\n");
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => resolve(server));
  });
}

/** Whoever asks while the text is being written gets the same one: it is long, and anybody may ask. */
const underWay = new WeakMap<Metrics, Promise<string>>();

function scrape(metrics: Metrics): Promise<string> {
  const known = underWay.get(metrics);
  if (known !== undefined) return known;
  const text = Promise.resolve()
    .then(() => metrics.scrape())
    .finally(() => underWay.delete(metrics));
  underWay.set(metrics, text);
  return text;
}

async function answerMetrics(metrics: Metrics, response: ServerResponse): Promise<void> {
  try {
    const text = await scrape(metrics);
    response.writeHead(200, { "content-type": metrics.registry.contentType }).end(text);
  } catch {
    response.writeHead(500).end("metrics could not be collected\n");
  }
}

function answerProbe(response: ServerResponse, problem: string | undefined): void {
  response.writeHead(problem === undefined ? 200 : 503).end(`${problem ?? "ok"}\n`);
}
