import type { Logger } from "pino";
import { LABEL } from "#api/metadata.ts";
import { createStores, pipelineKeyOf, type ReflectorFactory, type Stores, Watches } from "./controllers/caches.ts";
import { ConnectionController } from "./controllers/connection.ts";
import { EventWriter } from "./controllers/event-writer.ts";
import { Loop } from "./controllers/loop.ts";
import { ownerKeys } from "./controllers/owner-keys.ts";
import { PipelineController } from "./controllers/pipeline.ts";
import { RunController } from "./controllers/pipeline-run.ts";
import type { Clock, Random } from "./kube/clock.ts";
import type { CustomObject, Kind } from "./kube/kinds.ts";
import type { Kube } from "./kube/kube.ts";
import { formatKey, parseKey } from "./kube/object-key.ts";
import type { OwnWrites } from "./kube/own-writes.ts";
import { Reflector, type ReflectorEvent, type ReflectorSettings } from "./kube/reflector.ts";
import type { Settings } from "./settings.ts";
import type { Metrics } from "./telemetry/metrics.ts";

export interface OperatorParts {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly settings: Pick<Settings, "watchNamespaces" | "workers" | "taskPods" | "identity">;
  readonly reflectorSettings?: ReflectorSettings;
}

/**
 * The operator without a process around it: watches from the start, acts only while it leads. Everything that it knows it has
 * read from the API server, so that another replica can go on from any point.
 */
export class Operator {
  readonly #parts: OperatorParts;
  readonly #scopes = new Map<string, Watches>();
  readonly #stores: Stores;
  readonly #events: EventWriter;
  readonly #loops: { readonly runs: Loop; readonly pipelines: Loop; readonly connections: Loop };
  #synced = false;
  /** Until then keys are not collected: a replica may wait for weeks. */
  #leads = false;

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    const { kube, clock, log, metrics, settings } = parts;
    const stores = createStores();
    this.#stores = stores;
    this.#events = new EventWriter({ kube, clock, log, instance: settings.identity });
    const ownWritesIn = (namespace: string) => this.#ownWritesIn(namespace);
    const common = { kube, caches: stores, ownWritesIn, clock, log, metrics, events: this.#events };
    const loop = { clock, log, metrics, workers: settings.workers };
    this.#loops = {
      runs: new Loop(new RunController({ ...common, taskPods: settings.taskPods }), loop),
      pipelines: new Loop(new PipelineController(common), loop),
      connections: new Loop(new ConnectionController({ ...common, taskPods: settings.taskPods }), loop),
    };
    const namespaces = settings.watchNamespaces.length === 0 ? [""] : settings.watchNamespaces;
    for (const namespace of namespaces) this.#watch(namespace, stores);
  }

  /** Begins to watch. Resolves when every cache is complete. */
  async start(): Promise<void> {
    for (const watches of this.#scopes.values()) watches.start();
    await Promise.all([...this.#scopes.values()].map((watches) => watches.whenSynced()));
    this.#synced = true;
  }

  /** Whether every cache is complete. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Begins to act, on everything that the caches hold and then on what changes. */
  lead(): void {
    const { runs, pipelines, connections } = this.#stores;
    this.#leads = true;
    for (const run of runs.all()) {
      this.#loops.runs.add(formatKey(run.metadata));
      for (const key of pipelineKeyOf(run)) this.#loops.pipelines.add(key);
    }
    for (const { metadata } of pipelines.all()) this.#loops.pipelines.add(formatKey(metadata));
    for (const { metadata } of connections.all()) this.#loops.connections.add(formatKey(metadata));
    for (const loop of Object.values(this.#loops)) loop.start();
  }

  /** Lets the reconciles under way end and begins no other one; then stops watching. */
  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#loops).map((loop) => loop.stop()));
    await this.#events.flush();
    await Promise.all([...this.#scopes.values()].map((watches) => watches.stop()));
  }

  #ownWritesIn(namespace: string): OwnWrites {
    const watches = this.#scopes.get(namespace) ?? this.#scopes.get("");
    if (watches === undefined) throw new Error(`namespace ${namespace} is not watched`);
    return watches.ownWrites;
  }

  #watch(namespace: string, stores: Stores): void {
    const watches = new Watches(stores, this.#reflectors(namespace));
    const { runs, pipelines, connections } = this.#loops;
    const addRun = (key: string) => this.#add(runs, key);
    const addPipeline = (key: string) => this.#add(pipelines, key);
    watches.runs.subscribe({ keys: (run) => [formatKey(run.metadata)], handle: addRun });
    watches.runs.subscribe({ keys: pipelineKeyOf, handle: addPipeline });
    watches.jobs.subscribe({ keys: (job) => ownerKeys(job.metadata), handle: addRun });
    this.#watchTests(watches, stores, connections);
    watches.pods.subscribe({ keys: (pod) => podRunKeys(pod.metadata, stores), handle: addRun });
    watches.pipelines.subscribe({ keys: (pipeline) => [formatKey(pipeline.metadata)], handle: addPipeline });
    watches.pipelines.subscribe({
      keys: (pipeline) => waitingRuns(formatKey(pipeline.metadata), stores),
      handle: addRun,
    });
    const namespaceOf = ({ metadata }: CustomObject) => metadata.namespace;
    watches.connections.subscribe({ keys: (object) => pipelinesIn(namespaceOf(object), stores), handle: addPipeline });
    watches.connections.subscribe({
      keys: (object) => pipelinesIn(namespaceOf(object), stores).flatMap((key) => waitingRuns(key, stores)),
      handle: addRun,
    });
    this.#scopes.set(namespace, watches);
  }

  #add(loop: Loop, key: string): void {
    if (this.#leads) loop.add(key);
  }

  /** A Connection, and the Jobs and Pods of its tests. */
  #watchTests(watches: Watches, stores: Stores, connections: Loop): void {
    const handle = (key: string) => this.#add(connections, key);
    watches.connections.subscribe({ keys: ({ metadata }) => [formatKey(metadata)], handle });
    watches.jobs.subscribe({ keys: (job) => ownerKeys(job.metadata, "Connection"), handle });
    watches.pods.subscribe({
      keys: ({ metadata }) => {
        const connection = stores.connections.byUid(metadata.labels?.[LABEL.runUid] ?? "");
        return connection === undefined ? [] : [formatKey(connection.metadata)];
      },
      handle,
    });
  }

  #reflectors(namespace: string): ReflectorFactory {
    const { kube, clock, random, reflectorSettings } = this.#parts;
    return (parts) =>
      new Reflector({
        ...parts,
        ...(namespace === "" ? {} : { namespace }),
        kube,
        clock,
        random,
        ...(reflectorSettings === undefined ? {} : { settings: reflectorSettings }),
        observe: (event) => this.#tell(parts.kind, event),
      });
  }

  #tell(kind: Kind, event: ReflectorEvent): void {
    const { log, metrics } = this.#parts;
    if (event.what === "listed") metrics.relists.inc({ kind });
    if (!("error" in event)) return;
    const { error, ...fields } = event;
    log.warn(
      { kind, ...fields, reason: error instanceof Error ? error.message : String(error) },
      "a watch was interrupted",
    );
  }
}

/** The run of a pod, found by the label: the pod's owner is a Job. */
function podRunKeys(metadata: { readonly labels?: Readonly<Record<string, string>> }, stores: Stores): string[] {
  const run = stores.runs.byUid(metadata.labels?.[LABEL.runUid] ?? "");
  return run === undefined ? [] : [formatKey(run.metadata)];
}

/** Runs that have not begun and wait for their Pipeline: to exist, or to be resumed. */
function waitingRuns(pipelineKey: string, stores: Stores): string[] {
  const begun = (status: unknown) =>
    (status as { readonly pipelineSpec?: unknown } | undefined)?.pipelineSpec !== undefined;
  return stores.runs.by("pipeline", pipelineKey).flatMap((run) => (begun(run.status) ? [] : [formatKey(run.metadata)]));
}

function pipelinesIn(namespace: string, stores: Stores): string[] {
  return stores.pipelines
    .all()
    .map((pipeline) => formatKey(pipeline.metadata))
    .filter((key) => parseKey(key).namespace === namespace);
}
