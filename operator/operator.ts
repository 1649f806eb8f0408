import type { Logger } from "pino";
import { LABEL, type ObjectMeta } from "#api/metadata.ts";
import { connectionController } from "./controllers/connections/connection-steps.ts";
import { ownerKeys } from "./controllers/jobs/owner-keys.ts";
import { Seal } from "./controllers/jobs/seal.ts";
import { type Caches, createStores, type ReflectorFactory, type Stores, Watches } from "./controllers/loop/caches.ts";
import { ClockJumps } from "./controllers/loop/clock-jumps.ts";
import { EventWriter } from "./controllers/loop/event-writer.ts";
import { Loop } from "./controllers/loop/loop.ts";
import { Sight } from "./controllers/loop/sight.ts";
import { pipelineController } from "./controllers/pipelines/pipeline-steps.ts";
import { LiveNodes } from "./controllers/runs/live-nodes.ts";
import { HANDLED_KINDS, type HandledKinds, type Hands } from "./controllers/runs/node-kinds/hands.ts";
import { NodeReportWriter } from "./controllers/runs/node-report-writer.ts";
import { runController } from "./controllers/runs/run-steps.ts";
import { pipelineKeyOfCopy } from "./kinds/controller-revision.ts";
import { type Kind, WORKS, type Work } from "./kinds/kinds.ts";
import type { CustomObject } from "./kinds/objects.ts";
import { pipelineKeyOf } from "./kinds/pipeline-run.ts";
import { ApiError } from "./kube/api-error.ts";
import { type Clock, type Random, sleep } from "./kube/clock.ts";
import type { Kube } from "./kube/kube.ts";
import { formatKey, parseKey } from "./kube/object-key.ts";
import type { OwnWrites } from "./kube/own-writes.ts";
import { Reflector, type ReflectorEvent, type ReflectorSettings } from "./kube/reflector.ts";
import type { StoreReader } from "./kube/store.ts";
import { NO_REPORTS, type Reports } from "./report/reports.ts";
import type { Settings } from "./settings.ts";
import type { Metrics } from "./telemetry/metrics.ts";

/** How long a start waits for every cache before it makes do with some. */
const PATIENCE_MS = 30_000;
/** Problems that a probe's answer spells out. */
const PROBLEMS_MAX = 5;

/** One namespace, or the whole cluster under the name "". */
interface Scope {
  readonly watches: Watches;
  readonly sight: Sight;
}

export interface OperatorServices {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly settings: Pick<
    Settings,
    "watchNamespaces" | "workers" | "taskPods" | "podCheck" | "identity" | "namespaceNodes"
  >;
  /** Proves that a Job is ours: the same for all replicas, 32 bytes or more. */
  readonly sealKey: Uint8Array;
  readonly reflectorSettings?: ReflectorSettings;
  /** What tasks say by themselves; nothing without it. */
  readonly reports?: Reports;
  /** Other kinds of nodes than those of kelt. */
  readonly nodes?: HandledKinds;
}

/**
 * The operator without a process around it: watches from the start, acts only while it leads. Everything that it knows it has
 * read from the API server, so that another replica can go on from any point.
 */
export class Operator {
  readonly #services: OperatorServices;
  readonly #scopes = new Map<string, Scope>();
  readonly #stores: Stores;
  readonly #events: EventWriter;
  readonly #nodeReports: NodeReportWriter;
  readonly #loops: Readonly<Record<Work, Loop>>;
  readonly #liveNodes: LiveNodes;
  readonly #hands: Hands;
  readonly #clockJumps: ClockJumps;
  /** Until then keys are not collected: a replica may wait for weeks. */
  #leads = false;

  constructor(services: OperatorServices) {
    this.#services = services;
    const { kube, clock, log, metrics, settings, sealKey, reports = NO_REPORTS } = services;
    const { kinds: nodeKinds, hands } = services.nodes ?? HANDLED_KINDS;
    const stores = createStores();
    this.#stores = stores;
    this.#events = new EventWriter({ kube, clock, log, instance: settings.identity });
    this.#nodeReports = new NodeReportWriter({ kube, clock, log });
    const ownWritesIn = (namespace: string) => this.#ownWritesIn(namespace);
    const common = { kube, caches: stores, ownWritesIn, clock, log, metrics, events: this.#events };
    const { taskPods, podCheck } = settings;
    const jobs = { ...common, taskPods, podCheck, seal: new Seal(sealKey) };
    const wakeRun = (key: string) => this.touchRun(key);
    const loop = { clock, log, metrics, workers: settings.workers };
    this.#liveNodes = new LiveNodes(settings.namespaceNodes, stores.jobs, clock);
    this.#hands = hands({ ...common, wakeRun });
    const nodes = { liveNodes: this.#liveNodes, nodeReports: this.#nodeReports, nodeKinds, hands: this.#hands };
    this.#loops = {
      runs: new Loop(runController({ ...jobs, ...nodes, reports, wakeRun }), loop),
      pipelines: new Loop(pipelineController(common), loop),
      connections: new Loop(connectionController(jobs), loop),
    };
    this.#clockJumps = new ClockJumps(clock, () => {
      for (const scope of this.#scopes.keys()) this.#addAll(scope, "pipelines");
    });
    metrics.beforeScrape(() => this.#measureSight());
    const namespaces = settings.watchNamespaces.length === 0 ? [""] : settings.watchNamespaces;
    for (const namespace of namespaces) this.#watch(namespace, stores);
  }

  /**
   * Begins to watch. Resolves when every cache is complete; after a while it is enough that there is anything to do, so that what
   * cannot be seen of one kind or in one namespace does not stop the others.
   */
  async start(): Promise<void> {
    const scopes = [...this.#scopes.values()];
    const complete = new AbortController();
    const useful = Promise.race(scopes.map(({ sight }) => new Promise<Work>((resolve) => sight.whenPossible(resolve))));
    for (const { watches } of scopes) watches.start();
    const patient = sleep(this.#services.clock, PATIENCE_MS, complete.signal);
    const all = Promise.all(scopes.map(({ watches }) => watches.whenSynced())).then(() => complete.abort());
    await Promise.race([all, Promise.all([useful, patient])]);
  }

  /** What cannot be seen now, in a sentence; undefined when everything can. */
  get problem(): string | undefined {
    const problems = this.#problems().map(({ problem }) => problem);
    const more = problems.length > PROBLEMS_MAX ? [`and ${problems.length - PROBLEMS_MAX} more`] : [];
    return problems.length === 0 ? undefined : [...problems.slice(0, PROBLEMS_MAX), ...more].join("; ");
  }

  /** Why this process should be replaced by another one; undefined while it moves. */
  get stuck(): string | undefined {
    const now = this.#services.clock.monotonic();
    const watches = [...this.#scopes.values()].map(({ sight }) => sight.stuck(now));
    return [...watches, ...Object.values(this.#loops).map((loop) => loop.stuck)].find((why) => why !== undefined);
  }

  /** What this process knows of the cluster. */
  get caches(): Caches {
    return this.#stores;
  }

  /** Something that is not in the caches touched a run: a report of its tasks. */
  touchRun(key: string): void {
    this.#add("runs", key);
  }

  /** Begins to act, on everything that the caches hold and then on what changes. */
  lead(): void {
    this.#leads = true;
    for (const scope of this.#scopes.keys()) for (const work of WORKS) this.#addAll(scope, work);
    for (const loop of Object.values(this.#loops)) loop.start();
    this.#clockJumps.start();
  }

  /** Everything that the caches hold of a scope, where its work is possible. */
  #addAll(scope: string, work: Work): void {
    const { runs, revisions } = this.#stores;
    const keys = this.#stores[work].all().map(({ metadata }) => formatKey(metadata));
    if (work === "pipelines") {
      keys.push(...runs.all().flatMap(pipelineKeyOf), ...revisions.all().flatMap(pipelineKeyOfCopy));
    }
    for (const key of keys) if (scope === "" || parseKey(key).namespace === scope) this.#add(work, key);
  }

  /** Lets the reconciles under way end and begins no other one; then stops watching. */
  async stop(): Promise<void> {
    this.#clockJumps.stop();
    await Promise.all(Object.values(this.#loops).map((loop) => loop.stop()));
    await Promise.all([this.#events.flush(), this.#nodeReports.flush()]);
    await Promise.all([...this.#scopes.values()].map(({ watches }) => watches.stop()));
  }

  #ownWritesIn(namespace: string): OwnWrites {
    const scope = this.#scopeOf(namespace);
    if (scope === undefined) throw new Error(`namespace ${namespace} is not watched`);
    return scope.watches.ownWrites;
  }

  #scopeOf(namespace: string): Scope | undefined {
    return this.#scopes.get(namespace) ?? this.#scopes.get("");
  }

  #watch(namespace: string, stores: Stores): void {
    const watches = new Watches(stores, this.#reflectors(namespace));
    const sight = new Sight(watches, namespace);
    sight.whenPossible((work) => this.#addAll(namespace, work));
    const addRun = (key: string) => this.#add("runs", key);
    const addPipeline = (key: string) => this.#add("pipelines", key);
    const itself = ({ metadata }: CustomObject) => [formatKey(metadata)];
    for (const work of WORKS) watches.of[work].subscribe({ keys: itself, handle: (key) => this.#add(work, key) });
    watches.of.runs.subscribe({ keys: pipelineKeyOf, handle: addPipeline });
    // By owner and by label: either may have been taken away.
    watches.of.jobs.subscribe({
      keys: ({ metadata }) => [...ownerKeys(metadata), ...labelledKeys(metadata, stores.runs)],
      handle: addRun,
    });
    watches.of.jobs.subscribe({ keys: ({ metadata }) => this.#liveNodes.invited(metadata.namespace), handle: addRun });
    this.#watchTests(watches, stores);
    for (const { follows = {} } of Object.values(this.#hands)) watches.follow(follows, addRun);
    watches.of.pods.subscribe({ keys: (pod) => labelledKeys(pod.metadata, stores.runs), handle: addRun });
    watches.of.revisions.subscribe({ keys: pipelineKeyOfCopy, handle: addPipeline });
    const runsWaiting = ({ metadata }: CustomObject) => waitingRuns(formatKey(metadata), stores);
    watches.of.pipelines.subscribe({ keys: runsWaiting, handle: addRun });
    watches.of.connections.subscribe({
      keys: ({ metadata }) => pipelinesIn(metadata.namespace, stores),
      handle: addPipeline,
    });
    watches.of.connections.subscribe({
      keys: ({ metadata }) => pipelinesIn(metadata.namespace, stores).flatMap((key) => waitingRuns(key, stores)),
      handle: addRun,
    });
    this.#scopes.set(namespace, { watches, sight });
  }

  #add(work: Work, key: string): void {
    if (this.#leads && this.#scopeOf(parseKey(key).namespace)?.sight.can(work) === true) this.#loops[work].add(key);
  }

  /** The Jobs and Pods of tests of Connections. */
  #watchTests(watches: Watches, stores: Stores): void {
    const handle = (key: string) => this.#add("connections", key);
    watches.of.jobs.subscribe({ keys: (job) => ownerKeys(job.metadata, "Connection"), handle });
    watches.of.pods.subscribe({ keys: ({ metadata }) => labelledKeys(metadata, stores.connections), handle });
  }

  #reflectors(namespace: string): ReflectorFactory {
    const { kube, clock, random, reflectorSettings } = this.#services;
    return (cache) =>
      new Reflector({
        ...cache,
        ...(namespace === "" ? {} : { namespace }),
        kube,
        clock,
        random,
        ...(reflectorSettings === undefined ? {} : { settings: reflectorSettings }),
        observe: (event) => this.#tell(cache.kind, event),
      });
  }

  #problems() {
    const now = this.#services.clock.monotonic();
    return [...this.#scopes.values()].flatMap(({ sight }) => sight.problems(now));
  }

  #measureSight(): void {
    const { unreadObjects, unseen } = this.#services.metrics;
    unreadObjects.reset();
    unseen.reset();
    for (const { watches } of this.#scopes.values()) {
      for (const { kind, unread } of watches.all()) {
        unreadObjects.inc({ kind }, unread.length);
        unseen.inc({ kind }, 0);
      }
    }
    for (const { kind } of this.#problems()) unseen.inc({ kind });
  }

  #tell(kind: Kind, event: ReflectorEvent): void {
    const { log, metrics } = this.#services;
    if (event.what === "listed") metrics.relists.inc({ kind });
    if (event.what === "unread") {
      const { metadata, why } = event.object;
      log.error({ kind, namespace: metadata.namespace, name: metadata.name, why }, "an object is passed over");
    }
    if (!("error" in event)) return;
    const { error, ...fields } = event;
    if (event.what !== "handlerFailed") {
      metrics.watchFailures.inc({ kind, reason: error instanceof ApiError ? error.reason : "Other" });
    }
    log.warn(
      { kind, ...fields, reason: error instanceof Error ? error.message : String(error) },
      "a watch was interrupted",
    );
  }
}

/** The object of a Job's or Pod's label, if it is of the same namespace: what stands elsewhere under its uid is not its. */
function labelledKeys({ labels, namespace }: ObjectMeta, owners: StoreReader<CustomObject, "pipeline">): string[] {
  const owner = owners.byUid(labels?.[LABEL.runUid] ?? "");
  return owner?.metadata.namespace === namespace ? [formatKey(owner.metadata)] : [];
}

/** Runs that have not begun and wait for their Pipeline: to exist, or to be resumed. */
function waitingRuns(pipelineKey: string, stores: Stores): string[] {
  const begun = (status: unknown) => (status as { readonly started?: unknown } | undefined)?.started !== undefined;
  return stores.runs.by("pipeline", pipelineKey).flatMap((run) => (begun(run.status) ? [] : [formatKey(run.metadata)]));
}

function pipelinesIn(namespace: string, stores: Stores): string[] {
  return stores.pipelines
    .all()
    .map((pipeline) => formatKey(pipeline.metadata))
    .filter((key) => parseKey(key).namespace === namespace);
}
