// What `helm test` runs: is the operator ready, does it publish metrics, and does a pipeline of two nodes succeed?
import { readFileSync } from "node:fs";

const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, METRICS_URL, TEST_NAMESPACE, TEST_NAME } = process.env;
const deadline = Date.now() + Number(process.env.TEST_TIMEOUT_SECONDS) * 1000;
const token = readFileSync("/var/run/secrets/kubernetes.io/serviceaccount/token", "utf8");
const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
const resources = `${server}/apis/kelt.dev/v1alpha1/namespaces/${TEST_NAMESPACE}`;

async function call(method, path, body) {
  const response = await fetch(`${resources}/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  if (method === "DELETE" && response.status === 404) return undefined;
  throw new Error(`${method} ${path}: ${response.status} ${text}`);
}

async function until(what, look) {
  let last = "no answer yet";
  while (Date.now() < deadline) {
    try {
      const answer = await look();
      if (answer.done) return answer;
      last = answer.state;
    } catch (error) {
      last = error.cause?.message ?? error.message;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${what}: timed out; last seen: ${last}`);
}

const node = { container: { command: ["node", "-e", "process.exit(0)"] } };
const object = (kind, name, spec) => ({ apiVersion: "kelt.dev/v1alpha1", kind, metadata: { name }, spec });

async function removeAll() {
  await call("DELETE", `pipelineruns/${TEST_NAME}`);
  await call("DELETE", `pipelines/${TEST_NAME}`);
}

await until("/readyz", async () => {
  const response = await fetch(`${METRICS_URL}/readyz`, { signal: AbortSignal.timeout(3000) });
  return { done: response.ok, state: `status ${response.status}` };
});
console.log("the operator is ready");

const metrics = await (await fetch(`${METRICS_URL}/metrics`, { signal: AbortSignal.timeout(5000) })).text();
if (!metrics.includes("kelt_")) throw new Error("/metrics: expected metrics named kelt_…, found none");
console.log(`${metrics.split("\n").filter((line) => line.startsWith("# TYPE")).length} metrics`);

await removeAll();
await until("removal of an earlier test", async () => {
  const { items } = await call("GET", "pipelineruns");
  const left = items.filter((run) => run.metadata.name === TEST_NAME);
  return { done: left.length === 0, state: "its run is being deleted" };
});
await call("POST", "pipelines", object("Pipeline", TEST_NAME, { nodes: { first: node, second: { needs: ["first"], ...node } } }));
await call("POST", "pipelineruns", object("PipelineRun", TEST_NAME, { pipeline: TEST_NAME }));
const { run } = await until("the pipeline", async () => {
  const run = await call("GET", `pipelineruns/${TEST_NAME}`);
  const condition = run.status?.conditions?.find(({ type }) => type === "Succeeded");
  const done = condition !== undefined && condition.status !== "Unknown";
  return { done, run, state: condition === undefined ? "not begun" : `${condition.reason}: ${condition.message}` };
});
const { status, reason, message } = run.status.conditions.find(({ type }) => type === "Succeeded");
console.log(`the pipeline ended: ${reason}: ${message}`);
if (status !== "True") throw new Error(JSON.stringify(run.status.nodes, null, 2));
await removeAll();
