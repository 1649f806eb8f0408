import { LABEL, type ObjectMeta } from "#api/metadata.ts";
import type { CustomObject, Job, Kind, Objects, Pod } from "../kube/kinds.ts";
import { OwnWrites } from "../kube/own-writes.ts";
import type { Reflector, ReflectorParts } from "../kube/reflector.ts";
import { Store, type StoreReader } from "../kube/store.ts";

/** What the operator knows of the cluster without asking: everything of its own kinds, and the Jobs and Pods of runs. */
export interface Caches {
  readonly pipelines: StoreReader<CustomObject>;
  /** By `pipeline`: namespace/name of the Pipeline that a run names. */
  readonly runs: StoreReader<CustomObject, "pipeline">;
  readonly connections: StoreReader<CustomObject>;
  /** By `run`: uid of the run. */
  readonly jobs: StoreReader<Job, "run">;
  readonly pods: StoreReader<Pod, "run">;
}

const runUid = ({ metadata }: { readonly metadata: ObjectMeta }) => {
  const uid = metadata.labels?.[LABEL.runUid];
  return uid === undefined ? [] : [uid];
};

/** The Pipeline that a run names, as a key; nothing for a run whose spec is no spec. */
export function pipelineKeyOf(run: CustomObject): readonly string[] {
  const name = (run.spec as { readonly pipeline?: unknown } | null | undefined)?.pipeline;
  return typeof name === "string" ? [`${run.metadata.namespace}/${name}`] : [];
}

export function createStores() {
  return {
    pipelines: new Store<CustomObject>({}),
    runs: new Store<CustomObject, "pipeline">({ pipeline: pipelineKeyOf }),
    connections: new Store<CustomObject>({}),
    jobs: new Store<Job, "run">({ run: runUid }),
    pods: new Store<Pod, "run">({ run: runUid }),
  };
}
export type Stores = ReturnType<typeof createStores>;

type WatchedKind = "Pipeline" | "PipelineRun" | "Connection" | "Job" | "Pod";

/** What every reflector of a scope has in common: the port, the namespace if it is one, clock, random, observer. */
export type ReflectorFactory = <K extends Kind>(
  parts: Pick<ReflectorParts<K>, "kind" | "labelSelector" | "store">,
) => Reflector<K>;

/** The reflectors of one scope: the whole cluster, or one namespace. */
export class Watches {
  readonly pipelines: Reflector<"Pipeline">;
  readonly runs: Reflector<"PipelineRun">;
  readonly connections: Reflector<"Connection">;
  readonly jobs: Reflector<"Job">;
  readonly pods: Reflector<"Pod">;
  /** Whether these watches have come as far as our own writes in their scope. */
  readonly ownWrites: OwnWrites;

  constructor(stores: Stores, create: ReflectorFactory) {
    const store = <K extends WatchedKind>(
      of: Store<Objects[K], never> | Store<Objects[K], "run"> | Store<Objects[K], "pipeline">,
    ) => of as unknown as Store<Objects[K], string>;
    this.pipelines = create({ kind: "Pipeline", store: store<"Pipeline">(stores.pipelines) });
    this.runs = create({ kind: "PipelineRun", store: store<"PipelineRun">(stores.runs) });
    this.connections = create({ kind: "Connection", store: store<"Connection">(stores.connections) });
    this.jobs = create({ kind: "Job", labelSelector: LABEL.runUid, store: store<"Job">(stores.jobs) });
    this.pods = create({ kind: "Pod", labelSelector: LABEL.runUid, store: store<"Pod">(stores.pods) });
    this.ownWrites = new OwnWrites((kind) => this.#of(kind)?.resourceVersion);
  }

  start(): void {
    for (const reflector of this.#all()) reflector.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((reflector) => reflector.stop()));
  }

  async whenSynced(): Promise<void> {
    await Promise.all(this.#all().map((reflector) => reflector.whenSynced()));
  }

  #all() {
    return [this.pipelines, this.runs, this.connections, this.jobs, this.pods];
  }

  #of(kind: Kind): { readonly resourceVersion: string | undefined } | undefined {
    const reflectors = {
      Pipeline: this.pipelines,
      PipelineRun: this.runs,
      Connection: this.connections,
      Job: this.jobs,
      Pod: this.pods,
    } as const;
    return kind in reflectors ? reflectors[kind as WatchedKind] : undefined;
  }
}
