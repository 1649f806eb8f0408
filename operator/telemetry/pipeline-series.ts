import type { Metric } from "prom-client";

/** A Pipeline, as labels name it. */
export interface PipelineLabels {
  readonly namespace: string;
  readonly pipeline: string;
}

type Labels = Readonly<Record<string, string>>;

/** A metric that has a series for each set of labels. */
export type LabelledMetric = Pick<Metric<string>, "remove">;

interface Known {
  readonly uid: string;
  /** Without series of its own it counts among the others. */
  readonly own: boolean;
  /** Nodes that have series of their own. */
  readonly nodes: Set<string>;
  /** Every series that has been touched, by its metric. */
  readonly touched: Map<LabelledMetric, Map<string, Labels>>;
}

/** Label value of Pipelines and nodes beyond the bound; no object can be called so. */
export const OTHERS = "_other";

/** Nodes with series of their own, for each Pipeline that may have its own. */
const NODES_PER_PIPELINE = 4;

/**
 * Which Pipelines have series, and how many. A Pipeline has series while it exists and not longer: one that is deleted takes them
 * along, one that is created again begins at 0, and one that does not exist never had any. Their number is bounded, and no namespace
 * may have more than half of it: the others are counted together.
 */
export class PipelineSeries {
  readonly #max: number;
  readonly #full: (max: number) => void;
  readonly #known = new Map<string, Known>();
  readonly #ownIn = new Map<string, number>();
  #own = 0;
  #nodes = 0;
  #saidFull = false;

  /** `full` is called once, when the first Pipeline gets no series of its own. */
  constructor(max: number, full: (max: number) => void) {
    this.#max = max;
    this.#full = full;
  }

  /** The Pipeline exists. True when its series begin now. */
  know(labels: PipelineLabels, uid: string): boolean {
    const known = this.#known.get(keyOf(labels));
    if (known?.uid === uid && (known.own || !this.#hasRoom(labels))) return false;
    if (known !== undefined) this.forget(labels);
    const own = this.#hasRoom(labels);
    if (own) this.#countOwn(labels, 1);
    else if (!this.#saidFull) {
      this.#saidFull = true;
      this.#full(this.#max);
    }
    this.#known.set(keyOf(labels), { uid, own, nodes: new Set(), touched: new Map() });
    return true;
  }

  knows(labels: PipelineLabels): boolean {
    return this.#known.has(keyOf(labels));
  }

  /** Whether the Pipeline has series that are about it alone. */
  hasOwn(labels: PipelineLabels): boolean {
    return this.#known.get(keyOf(labels))?.own === true;
  }

  /** Pipelines that are counted among the others. */
  get others(): number {
    return this.#known.size - this.#own;
  }

  /** The Pipeline is gone, and so are its series. */
  forget(labels: PipelineLabels): void {
    const known = this.#known.get(keyOf(labels));
    if (known === undefined) return;
    this.#known.delete(keyOf(labels));
    if (!known.own) return;
    this.#countOwn(labels, -1);
    this.#nodes -= known.nodes.size;
    for (const [metric, series] of known.touched) for (const each of series.values()) metric.remove(each);
  }

  /** The labels of the series of `metric` that counts for the Pipeline; undefined for one that does not exist. */
  of(metric: LabelledMetric, labels: PipelineLabels, more: Labels = {}): Record<string, string> | undefined {
    const known = this.#known.get(keyOf(labels));
    if (known === undefined) return undefined;
    if (!known.own)
      return { namespace: OTHERS, pipeline: OTHERS, ...more, ...(more.node === undefined ? {} : { node: OTHERS }) };
    const { namespace, pipeline } = labels;
    const node = more.node === undefined ? {} : { node: this.#nodeOf(known, more.node) };
    const series = { namespace, pipeline, ...more, ...node };
    const touched = known.touched.get(metric) ?? new Map<string, Labels>();
    touched.set(JSON.stringify(series), series);
    known.touched.set(metric, touched);
    return { ...series };
  }

  #nodeOf({ nodes }: Known, node: string): string {
    if (nodes.has(node)) return node;
    if (this.#nodes >= this.#max * NODES_PER_PIPELINE) return OTHERS;
    nodes.add(node);
    this.#nodes++;
    return node;
  }

  #hasRoom({ namespace }: PipelineLabels): boolean {
    return this.#own < this.#max && (this.#ownIn.get(namespace) ?? 0) < Math.ceil(this.#max / 2);
  }

  #countOwn({ namespace }: PipelineLabels, change: 1 | -1): void {
    this.#own += change;
    const count = (this.#ownIn.get(namespace) ?? 0) + change;
    if (count === 0) this.#ownIn.delete(namespace);
    else this.#ownIn.set(namespace, count);
  }
}

function keyOf({ namespace, pipeline }: PipelineLabels): string {
  return `${namespace}/${pipeline}`;
}
