import type { Server } from "node:http";
import type { Logger } from "pino";
import { collectDefaultMetrics } from "prom-client";
import { KubeClient } from "./kube/client.ts";
import { systemClock } from "./kube/clock.ts";
import { Connections } from "./kube/connections.ts";
import { kubeConfigCredentials } from "./kube/credentials.ts";
import type { CallMeasure } from "./kube/http-call.ts";
import { LeaderElector } from "./kube/lease.ts";
import { TRANSPORT_SETTINGS, Transport } from "./kube/transport.ts";
import { Operator } from "./operator.ts";
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
  const metrics = createMetrics();
  collectDefaultMetrics({ register: metrics.registry });
  metrics.buildInfo.set({ version: VERSION }, 1);
  process.on("unhandledRejection", (reason) => die(log, "a promise was rejected and nobody listened", reason));
  process.on("uncaughtException", (error) => die(log, "an exception was thrown and nobody caught it", error));
  const { operator, elector } = assemble(settings, log, metrics);
  const server = await serveTelemetry(settings.metricsPort, metrics, {
    alive: () => undefined,
    ready: () => (operator.synced ? undefined : "the caches are not complete yet"),
  });
  onSignal(log, () => shutDown({ operator, elector, server, log }));
  log.info(
    { version: VERSION, namespaces: settings.watchNamespaces, taskImage: settings.taskPods.image },
    "kelt starts",
  );
  await operator.start();
  log.info("the caches are complete; waiting to lead");
  elector.start();
}

function assemble(settings: Settings, log: Logger, metrics: Metrics): { operator: Operator; elector: LeaderElector } {
  const clock = systemClock;
  const random = Math.random;
  const transport = new Transport({
    connections: new Connections(kubeConfigCredentials(), clock),
    clock,
    random,
    settings: {
      ...TRANSPORT_SETTINGS,
      rate: { perSecond: settings.apiQps, burst: settings.apiBurst },
      userAgent: `kelt/${VERSION}`,
    },
    mayWrite: () => elector.canWrite(),
    measure: (measure) => countCall(metrics, measure),
  });
  const kube = new KubeClient(transport);
  const operator = new Operator({ kube, clock, random, log, metrics, settings });
  metrics.leader.set({ name: LEASE }, 0);
  const elector = new LeaderElector({
    kube,
    lease: { namespace: settings.namespace, name: LEASE },
    identity: `${settings.identity}_${process.pid}_${Date.now().toString(36)}`,
    clock,
    random,
    onLeading: () => {
      log.info("this replica leads");
      metrics.leader.set({ name: LEASE }, 1);
      operator.lead();
    },
    onLost: (reason) => die(log, "this replica does not lead any more", reason),
    onError: (error) => log.warn({ reason: (error as Error).message }, "the lease could not be read or written"),
  });
  return { operator, elector };
}

function countCall(metrics: Metrics, { verb, resource, code, durationMs }: CallMeasure): void {
  metrics.clientRequests.inc({ method: verb, resource, code });
  metrics.clientTime.observe({ method: verb, resource }, durationMs / 1000);
}

interface Running {
  readonly operator: Operator;
  readonly elector: LeaderElector;
  readonly server: Server;
  readonly log: Logger;
}

/** Ends what is under way, then gives the lease back, so that the next leader never meets us at work. */
async function shutDown({ operator, elector, server, log }: Running): Promise<void> {
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
