import type { Report, ReportOrder } from "#api/report.ts";
import { DOCUMENT_BYTES, PodDocument, type Taken } from "./pod-document.ts";
import type { PodReport, ReportChannelSettings, Reports } from "./reports.ts";

/** The pod that speaks, as its token says. */
export interface Sender {
  readonly podUid: string;
  readonly namespace: string;
}

export interface StoreBounds {
  /** Of one pod's items, in bytes. */
  readonly pod: number;
  /** Of all documents. */
  readonly total: number;
}

export const STORE_BOUNDS: StoreBounds = { pod: 512 * 1024, total: 64 * 1024 * 1024 };

/** A task that has said nothing for so long may lose its items to one that speaks, in its own namespace too. */
const SILENT_MS = 60_000;

interface Known {
  readonly namespace: string;
  readonly document: PodDocument;
}

/** Keeps in memory what tasks say and what they are to do. The namespace that keeps most gives room first: it loses items, never results. */
export class ReportStore implements Reports {
  readonly #bounds: StoreBounds;
  readonly #pods = new Map<string, Known>();
  readonly #orders = new Map<string, ReportOrder>();
  readonly #waiting = new Map<string, () => void>();
  readonly #bytesOf = new Map<string, number>();
  readonly #heard = new Set<string>();
  #bytes = 0;
  #channel: ReportChannelSettings | undefined;

  constructor(bounds: StoreBounds = STORE_BOUNDS) {
    this.#bounds = bounds;
  }

  get channel(): ReportChannelSettings | undefined {
    return this.#channel;
  }

  /** From now on Jobs learn of the channel, or no longer. */
  open(channel: ReportChannelSettings | undefined): void {
    this.#channel = channel;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Pods of which anything is kept. */
  get size(): number {
    return this.#pods.size;
  }

  of(podUid: string): PodReport | undefined {
    return this.#pods.get(podUid)?.document.view;
  }

  heard(namespace: string): boolean {
    return this.#heard.has(namespace);
  }

  order(podUid: string, order: ReportOrder): void {
    if (this.#orders.get(podUid) === order) return;
    this.#orders.set(podUid, order);
    this.#waiting.get(podUid)?.();
  }

  /** What the pod's task is to do. */
  orderOf(podUid: string): ReportOrder {
    return this.#orders.get(podUid) ?? (this.#pods.get(podUid)?.document.held === true ? "hold" : "go");
  }

  /** Calls back once, when the pod's order changes or somebody else waits for it. The returned function ends the wait. */
  whenOrdered(podUid: string, callback: () => void): () => void {
    this.#waiting.get(podUid)?.();
    const end = () => {
      if (this.#waiting.get(podUid) === wake) this.#waiting.delete(podUid);
    };
    const wake = () => {
      end();
      callback();
    };
    this.#waiting.set(podUid, wake);
    return end;
  }

  take({ podUid, namespace }: Sender, report: Report, now: number): Taken {
    const known = this.#pods.get(podUid) ?? { namespace, document: new PodDocument(now) };
    if (!this.#pods.has(podUid)) this.#count(namespace, DOCUMENT_BYTES);
    // The last one is the one that was heard last.
    this.#pods.delete(podUid);
    this.#pods.set(podUid, known);
    this.#heard.add(namespace);
    const before = known.document.bytes;
    const taken = known.document.take(report, now, (growth) => this.#hasRoom(known, growth, now));
    this.#count(namespace, known.document.bytes - before);
    return taken;
  }

  /** Forgets the pods that no longer exist, with all that they said and were to do. */
  retain(exists: (podUid: string) => boolean): void {
    for (const [podUid, { namespace, document }] of this.#pods) {
      if (exists(podUid)) continue;
      this.#pods.delete(podUid);
      this.#count(namespace, -document.bytes);
    }
    for (const podUid of this.#orders.keys()) if (!exists(podUid)) this.#orders.delete(podUid);
  }

  #hasRoom(asking: Known, growth: number, now: number): boolean {
    if (growth <= 0) return true;
    if (asking.document.bytes + growth > this.#bounds.pod + DOCUMENT_BYTES) return false;
    const needed = () => this.#bytes + growth - this.#bounds.total;
    while (needed() > 0) {
      const before = this.#bytes;
      this.#dropOldest(asking, needed, now);
      if (this.#bytes === before) return false;
    }
    return true;
  }

  /** Takes the items of pods of the namespace that keeps most, those heard longest ago first. Its own ones at work stay. */
  #dropOldest(asking: Known, needed: () => number, now: number): void {
    const [largest] = [...this.#bytesOf].reduce((a, b) => (b[1] > a[1] ? b : a));
    const isAtWork = ({ document }: Known) => !document.hasResult && document.at > now - SILENT_MS;
    for (const known of this.#pods.values()) {
      if (needed() <= 0) return;
      if (known.namespace !== largest || known === asking) continue;
      if (largest === asking.namespace && isAtWork(known)) continue;
      this.#count(largest, -known.document.dropItems());
    }
  }

  #count(namespace: string, bytes: number): void {
    const left = (this.#bytesOf.get(namespace) ?? 0) + bytes;
    if (left === 0) this.#bytesOf.delete(namespace);
    else this.#bytesOf.set(namespace, left);
    this.#bytes += bytes;
  }
}
