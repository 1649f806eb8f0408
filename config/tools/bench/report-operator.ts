import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { pino } from "pino";
import type { NodeReportStatus } from "#api/node-report.ts";
import { REPORT_AUDIENCE } from "#api/report.ts";
import { systemClock } from "../../../operator/kube/clock.ts";
import type { Kube } from "../../../operator/kube/kube.ts";
import { Pace } from "../../../operator/kube/pace.ts";
import { TRANSPORT_SETTINGS } from "../../../operator/kube/transport.ts";
import { Operator } from "../../../operator/operator.ts";
import { Channel } from "../../../operator/report/channel.ts";
import { ReportStore } from "../../../operator/report/report-store.ts";
import { readSettings } from "../../../operator/settings.ts";
import { createMetrics } from "../../../operator/telemetry/metrics.ts";
import { FakeApi } from "../../../test/support/fake-cluster/fake-api.ts";
import type { StoredObject } from "../../../test/support/fake-cluster/fake-api-objects.ts";

/*
 * The process of the benchmark `report` that is measured: the operator with its listener, on an API server in memory whose Jobs have
 * pods that work on and on. It says on standard output how tasks reach it, and at the end of its input what it took.
 */

const [runs = 1, nodes = 1] = process.argv.slice(2).map(Number);
const NAMESPACE = "bench";
const sealKey = Buffer.alloc(32, "bench");

const api = new FakeApi(systemClock);
const log = pino({ level: "silent" });
const metrics = createMetrics();
const reports = new ReportStore();
const settings = readSettings({
  KELT_TASK_IMAGE: "task",
  KELT_NAMESPACE_NODES: "0",
  KELT_POD_IP: "127.0.0.1",
  KELT_REPORT_PORT: "0",
});
const kube = paced(api.client({ name: "operator" }));
const operator = new Operator({
  kube,
  sealKey,
  clock: systemClock,
  random: Math.random,
  log,
  metrics,
  settings,
  reports,
});
const { publicKey, privateKey } = await generateKeyPair("RS256");
const jwk = { ...(await exportJWK(publicKey)), kid: "bench", alg: "RS256" };
const channel = new Channel({
  ...{
    settings: { port: 0, hosts: ["127.0.0.1"] },
    store: reports,
    caches: operator.caches,
    sealKey,
    clock: systemClock,
    log,
    metrics,
  },
  wake: (run) => operator.touchRun(run),
  readKeys: () => Promise.resolve({ keys: [jwk] }),
  leads: () => true,
  leaderUrl: () => undefined,
});

/** Items of NodeReports by the ms between their push, which stands in their rows, and their write. */
const latencies: number[] = [];
let begunAt = Number.POSITIVE_INFINITY;
const seen = new Set<string>();
const pods: StoredObject[] = [];
api.storage.onEvent(({ type, object }) => {
  if (object.kind === "Job" && type === "ADDED") beginPod(object);
  if (object.kind !== "NodeReport" || type !== "MODIFIED") return;
  for (const { name, rows = 0 } of (object.status as NodeReportStatus | undefined)?.items ?? []) {
    const key = `${object.metadata.name} ${name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    // What was pushed while connections were being opened is no figure.
    if (rows >= begunAt) latencies.push(Date.now() - rows);
  }
});

function beginPod({ metadata, spec }: StoredObject): void {
  const { template } = spec as { template: { metadata: { labels: Record<string, string> }; spec: object } };
  const ownerReferences = [
    { apiVersion: "batch/v1", kind: "Job", name: metadata.name, uid: metadata.uid, controller: true },
  ];
  const labels = template.metadata.labels;
  const pod = api.storage.create("Pod", NAMESPACE, {
    metadata: { name: `${metadata.name}-x`, labels, ownerReferences },
    spec: template.spec,
  });
  const running = { name: "task", state: { running: { startedAt: new Date().toISOString() } } };
  api.storage.patch(
    "Pod",
    pod.metadata,
    { status: { phase: "Running", containerStatuses: [running] } },
    { subresource: "status" },
  );
  pods.push(pod);
}

async function taskOf({ metadata: { uid, labels = {} } }: StoredObject) {
  const claims = { "kubernetes.io": { namespace: NAMESPACE, pod: { uid } } };
  const token = await new SignJWT({ aud: REPORT_AUDIENCE, ...claims })
    .setProtectedHeader({ alg: "RS256", kid: "bench" })
    .setExpirationTime("1h")
    .sign(privateKey);
  return { token, run: labels["kelt.dev/run-uid"], node: labels["kelt.dev/node"] };
}

/** Each node loads a table of its own: two writers of one table are refused. */
const loadOf = (table: string) => ({
  from: { connection: "db", tables: [table] },
  to: { connection: "db", schema: "raw" },
});
const spec = {
  parallelism: nodes,
  connections: { db: { postgres: { secretRef: "db" } } },
  nodes: Object.fromEntries(Array.from({ length: nodes }, (_, i) => [`n${i}`, { load: loadOf(`t${i}`) }])),
};
api.storage.create("Pipeline", NAMESPACE, { metadata: { name: "p" }, spec });
await channel.start();
await operator.start();
operator.lead();
for (let i = 0; i < runs; i += 1) {
  api.storage.create("PipelineRun", NAMESPACE, { metadata: { name: `run-${i}` }, spec: { pipeline: "p" } });
}
while (pods.length < runs * nodes) await new Promise((resolve) => setTimeout(resolve, 50));
const tasks = await Promise.all(pods.map(taskOf));
process.stdout.write(`${JSON.stringify({ channel: reports.channel, tasks })}\n`);

let rssBytes = 0;
let rssBytesBefore = 0;
setInterval(() => {
  rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
  api.forgetHistory();
}, 1_000).unref();
const input = createInterface({ input: process.stdin });
let before = { cpu: process.cpuUsage(), at: performance.now() };
input.on("line", (line) => {
  if (line === "begin") {
    begunAt = Date.now();
    rssBytesBefore = process.memoryUsage.rss();
    before = { cpu: process.cpuUsage(), at: performance.now() };
    return;
  }
  const { user, system } = process.cpuUsage(before.cpu);
  const cores = (user + system) / 1000 / (performance.now() - before.at);
  process.stdout.write(`${JSON.stringify({ cores, rssBytes, rssBytesBefore, latencies })}\n`, () => process.exit(0));
});

/** Writes of NodeReports leave as fast as the operator's transport lets them, and no faster. */
function paced(client: Kube): Kube {
  const pace = new Pace(systemClock, TRANSPORT_SETTINGS.detailPace);
  const patch: Kube["patch"] = async (kind, key, ...more) => {
    if (kind !== "NodeReport") return await client.patch(kind, key, ...more);
    const end = await pace.enter({ namespace: key.namespace, what: "write" });
    try {
      return await client.patch(kind, key, ...more);
    } finally {
      end();
    }
  };
  return new Proxy(client, { get: (target, name) => (name === "patch" ? patch : bound(target, name)) });
}

function bound(target: Kube, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name);
  return typeof member === "function" ? member.bind(target) : member;
}
