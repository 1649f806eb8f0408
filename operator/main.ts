import type { Server } from "node:http";
import type { Logger } from "pino";
import { collectDefaultMetrics } from "prom-client";
import { ANNOTATION } from "./api/metadata.ts";
import { KubeClient } from "./kube/client.ts";
import { systemClock } from "./kube/clock.ts";
import { kubeConfigCredentials } from "./kube/credentials.ts";
import type { CallMeasure } from "./kube/http-call.ts";
import { LeaderElector } from "./kube/lease.ts";
import { readSigningKeys } from "./kube/signing-keys.ts";
import { SocketPools } from "./kube/socket-pools.ts";
import { TRANSPORT_SETTINGS, Transport } from "./kube/transport.ts";
import { Operator } from "./operator.ts";
import { baseUrl, Channel } from "./report/channel.ts";
import { ReportStore } from "./report/report-store.ts";
import { makeSealKey, readSealKey } from "./seal-key.ts";
import { readSettings, type Settings } from "./settings.ts";
import { createLog } from "./telemetry/log.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import { serveTelemetry } from "./telemetry/server.ts";
import { VERSION } from "./version.ts";

/** Name of the Lease for which the replicas compete. */
const LEASE = "kelt-operator";

/** The process: settings from the environment, one operator, probes and metrics, an orderly end. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog(settings.logLevel);
  const metrics = createMetrics({
    pipelinesMax: settings.metricsPipelines,
    full: (max) =>
      log.warn({ max }, "there are more Pipelines than may have metrics of their own: the rest count as _other"),
  });
  collectDefaultMetrics({ register: metrics.registry });
  metrics.buildInfo.set({ version: VERSION }, 1);
  process.on("unhandledRejection", (reason) => die(log, "a promise was rejected and nobody listened", reason));
  process.on("uncaughtException", (error) => die(log, "an exception was thrown and nobody caught it", error));
  const { operator, elector, channel } = assemble(settings, log, metrics);
  const server = await serveTelemetry(settings.metricsPort, metrics, {
    alive: () => operator.stuck,
    ready: () => operator.problem,
  });
  onSignal(log, () => shutDown({ operator, elector, channel, server, log }));
  log.info(
    { version: VERSION, namespaces: settings.watchNamespaces, taskImage: settings.taskPods.image },
    "kelt starts",
  );
  await channel?.start();
  await operator.start();
  const { problem } = operator;
  if (problem === undefined) log.info("the caches are complete; waiting to lead");
  else log.error({ problem }, "not everything can be seen; waiting to lead what can");
  elector.start();
}

function assemble(settings: Settings, log: Logger, metrics: Metrics): Omit<Running, "server" | "log"> {
  const clock = systemClock;
  const random = Math.random;
  const transport = new Transport({
    connections: new SocketPools(kubeConfigCredentials(), clock),
    clock,
    random,
    settings: {
      ...TRANSPORT_SETTINGS,
      pace: {
        ...TRANSPORT_SETTINGS.pace,
        total: { perSecond: settings.apiQps, burst: settings.apiBurst },
        namespaceWrites: { perSecond: settings.apiNamespaceQps, burst: settings.apiNamespaceBurst },
      },
      userAgent: `kelt/${VERSION}`,
    },
    mayWrite: () => elector.canWrite(),
    measure: (measure) => countCall(metrics, measure),
  });
  const kube = new KubeClient(transport);
  const sealKey = sealKeyOf(settings, log);
  const reports = new ReportStore();
  const operator = new Operator({ kube, clock, random, log, metrics, settings, sealKey, reports });
  metrics.leader.set({ name: LEASE }, 0);
  const elector = new LeaderElector({
    kube,
    lease: { namespace: settings.namespace, name: LEASE },
    identity: `${settings.identity}_${process.pid}_${Date.now().toString(36)}`,
    clock,
    random,
    annotations: ownAnnotations(settings),
    onLeading: () => {
      log.info("this replica leads");
      metrics.leader.set({ name: LEASE }, 1);
      operator.lead();
    },
    onLost: (reason) => die(log, "this replica does not lead any more", reason),
    onError: (error) => log.warn({ reason: (error as Error).message }, "the lease could not be read or written"),
  });
  if (settings.report === undefined) return { operator, elector, channel: undefined };
  const channel = new Channel({
    ...{ settings: settings.report, store: reports, caches: operator.caches, sealKey, clock, log, metrics },
    wake: (run) => operator.touchRun(run),
    readKeys: () => readSigningKeys(transport),
    leads: () => elector.canWrite(),
    leaderUrl: () => elector.holderAnnotations[ANNOTATION.reportUrl],
  });
  return { operator, elector, channel };
}

/** Where tasks that asked another replica find this one. */
function ownAnnotations({ report }: Settings): Record<string, string> {
  const [host] = report?.hosts ?? [];
  return report === undefined || host === undefined ? {} : { [ANNOTATION.reportUrl]: baseUrl(host, report.port) };
}

/** Without a file every process has a key of its own: a Job that one made just before it ended is then unknown to the next. */
function sealKeyOf({ sealKeyFile }: Settings, log: Logger): Uint8Array {
  const key = sealKeyFile === undefined ? undefined : readSealKey(sealKeyFile);
  if (key !== undefined) return key;
  log.warn(
    { file: sealKeyFile },
    "there is no key in the file of KELT_SEAL_KEY_FILE: a Job that is made in the last seconds before a restart is not known again afterwards, and stands in its node's way as NameConflict until somebody deletes it. Make the Secret kelt-seal of the operator's namespace, with 32 random bytes or more as key",
  );
  return makeSealKey();
}

function countCall(metrics: Metrics, { verb, resource, code, durationMs }: CallMeasure): void {
  metrics.clientRequests.inc({ method: verb, resource, code });
  metrics.clientTime.observe({ method: verb, resource }, durationMs / 1000);
}

interface Running {
  readonly operator: Operator;
  readonly elector: LeaderElector;
  /** Nothing where it is switched off. */
  readonly channel: Channel | undefined;
  readonly server: Server;
  readonly log: Logger;
}

/** Ends what is under way, then gives the lease back, so that the next leader never meets us at work. */
async function shutDown({ operator, elector, channel, server, log }: Running): Promise<void> {
  await channel?.stop();
  await operator.stop();
  await elector.stop();
  server.close();
  log.info("kelt has stopped");
  process.exit(0);
}

function onSignal(log: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, "stopping");
      stop().catch((error) => die(log, "the orderly end failed", error));
    });
  }
}

/** What the process believes can no longer be trusted: the kubelet starts another one. */
function die(log: Logger, message: string, reason: unknown): never {
  log.fatal(
    {
      reason: reason instanceof Error ? reason.message : String(reason),
      stack: reason instanceof Error ? reason.stack : undefined,
    },
    message,
  );
  process.exit(1);
}

await main();
