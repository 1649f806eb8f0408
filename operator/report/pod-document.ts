import type { InstalledPackages } from "#api/project-packages.ts";
import type { Report, ReportItem } from "#api/report.ts";
import type { TaskResult } from "#api/task.ts";
import type { PodReport } from "./reports.ts";

/*
 * | message                                               | items, phase, progress | answer                          |
 * |-------------------------------------------------------|------------------------|---------------------------------|
 * | snapshot of the known epoch, newer                    | replace what is known  | taken                           |
 * | delta of the known epoch, the next one                | merged into it         | taken                           |
 * | delta of the known epoch, after a gap                 | left                   | unknown: a snapshot is wanted   |
 * | of the known epoch, not newer                         | left                   | taken: the answer was lost      |
 * | snapshot of another epoch                             | replace what is known  | taken                           |
 * | the same without a result, where one is known         | left                   | taken: it was under way for long |
 * | delta of another epoch                                | left                   | unknown                         |
 * | delta after items were dropped or left                | left                   | unknown                         |
 * | any that is to be taken and does not fit              | items left, rest taken | tooLarge                        |
 *
 * The commit of a project is taken from every message, the first word of it. A result `succeeded` is taken from every message and stays for ever: the task wrote it after COMMIT. A result `failed` is taken with
 * its message. So what came of the work is the same in whatever order messages arrive, and however often.
 */

/** What a message changed: what decisions rest on, what people look at, or nothing. */
export type Change = "decisive" | "detail" | "none";
export interface Taken {
  readonly answer: "taken" | "unknown" | "tooLarge";
  readonly change: Change;
}

/** How an item counts against the bounds, in bytes: about its JSON. */
const ITEM_BYTES = 64;
/** The rest of a document with its result. */
export const DOCUMENT_BYTES = 1024;

/** Whether the document may grow by so many bytes; negative where it shrinks. */
export type Room = (growth: number) => boolean;

/** What the task of one pod has said. */
export class PodDocument {
  readonly #firstAt: number;
  #at: number;
  #epoch: string | undefined;
  #seq = 0;
  /** Items were dropped, or a message did not fit: only a snapshot makes the document whole. */
  #isBroken = false;
  #phase: Report["phase"] | undefined;
  #progress: Report["progress"];
  #items: ReadonlyMap<string, ReportItem> = new Map();
  #itemBytes = 0;
  #itemsLeftOut = 0;
  #commit: string | undefined;
  #packages: InstalledPackages | undefined;
  #result: { readonly epoch: string; readonly document: TaskResult; readonly at: number } | undefined;
  /** Made when it is asked for. */
  #view: PodReport | undefined;

  constructor(now: number) {
    this.#firstAt = now;
    this.#at = now;
  }

  get bytes(): number {
    return DOCUMENT_BYTES + this.#itemBytes;
  }

  get hasResult(): boolean {
    return this.#result !== undefined;
  }

  /** When it was last heard, wall clock ms. */
  get at(): number {
    return this.#at;
  }

  get held(): boolean {
    return this.#phase === "held" && this.#result === undefined;
  }

  get view(): PodReport {
    this.#view ??= {
      firstAt: this.#firstAt,
      at: this.#at,
      held: this.held,
      ...(this.#progress === undefined ? {} : { progress: this.#progress }),
      items: [...this.#items.values()],
      itemsLeftOut: this.#itemsLeftOut,
      ...(this.#commit === undefined ? {} : { commit: this.#commit }),
      ...(this.#packages === undefined ? {} : { packages: this.#packages }),
      ...(this.#result === undefined ? {} : { result: this.#result.document, resultAt: this.#result.at }),
    };
    return this.#view;
  }

  /** Takes a message into the document, as the table says. */
  take(report: Report, now: number, room: Room): Taken {
    this.#view = undefined;
    this.#at = now;
    const step = this.#stepOf(report);
    const counts = step === "merge" || step === "replace" || report.result?.outcome === "succeeded";
    const isNews = [counts && this.#takeResult(report, now), this.#takeProject(report)].includes(true);
    if (step === "unknown") return { answer: "unknown", change: isNews ? "decisive" : "none" };
    if (step === "left") return { answer: "taken", change: isNews ? "decisive" : "none" };
    const change = isNews || this.#phase !== report.phase ? "decisive" : "detail";
    this.#epoch = report.epoch;
    this.#seq = report.seq;
    this.#phase = report.phase;
    this.#progress = report.progress ?? (step === "merge" ? this.#progress : undefined);
    this.#isBroken = !(step === "merge" ? this.#merge(report, room) : this.#replace(report, room));
    return { answer: this.#isBroken ? "tooLarge" : "taken", change };
  }

  /** Forgets the items for want of room. Returns how many bytes that gives back. */
  dropItems(): number {
    const bytes = this.#itemBytes;
    this.#itemsLeftOut += this.#items.size;
    this.#items = new Map();
    this.#itemBytes = 0;
    this.#isBroken = true;
    this.#view = undefined;
    return bytes;
  }

  #stepOf({ epoch, seq, kind, result }: Report): "replace" | "merge" | "left" | "unknown" {
    const isKnown = epoch === this.#epoch;
    if (isKnown && seq <= this.#seq) return "left";
    if (kind === "delta") return isKnown && !this.#isBroken && seq === this.#seq + 1 ? "merge" : "unknown";
    const isLate = this.#result !== undefined && this.#result.epoch !== epoch && result === undefined;
    return isLate ? "left" : "replace";
  }

  /** Whether commit or packages are news. A process has one of each, so the first word stands, in whatever order messages come. */
  #takeProject({ commit, packages }: Report): boolean {
    const known = [this.#commit, this.#packages];
    this.#commit ??= commit;
    this.#packages ??= packages;
    return this.#commit !== known[0] || this.#packages !== known[1];
  }

  /** Whether the result is news. */
  #takeResult({ epoch, result }: Report, now: number): boolean {
    const known = this.#result;
    if (result === undefined || known?.document.outcome === "succeeded") return false;
    const isNews = known?.epoch !== epoch || known.document.outcome !== result.outcome;
    this.#result = { epoch, document: result, at: isNews ? now : known.at };
    return isNews;
  }

  #merge({ items = [] }: Report, room: Room): boolean {
    const changed = new Map(items.map((item) => [keyOf(item), item]));
    let growth = 0;
    for (const [key, item] of changed) growth += bytesOf(item) - bytesOf(this.#items.get(key));
    if (!room(growth)) return false;
    const merged = this.#items as Map<string, ReportItem>;
    for (const [key, item] of changed) merged.set(key, item);
    this.#itemBytes += growth;
    return true;
  }

  /** A task that has left items out already has no less to say: of what it sends as much is kept as there is room for. */
  #replace({ items = [], itemsLeftOut = 0 }: Report, room: Room): boolean {
    const found = new Map(items.map((item) => [keyOf(item), item]));
    const fits = (some: ReadonlyMap<string, ReportItem>) => room(sizeOf(some) - this.#itemBytes);
    const isWhole = fits(found);
    if (!isWhole && itemsLeftOut === 0) return false;
    const kept = isWhole ? found : firstThatFit(found, fits);
    this.#itemBytes = sizeOf(kept);
    this.#items = kept;
    this.#itemsLeftOut = itemsLeftOut + found.size - kept.size;
    return true;
  }
}

/** Half of them, a quarter, and so on; those that failed stand first. */
function firstThatFit(
  items: ReadonlyMap<string, ReportItem>,
  fits: (some: ReadonlyMap<string, ReportItem>) => boolean,
): ReadonlyMap<string, ReportItem> {
  let kept = [...items].sort(([, a], [, b]) => Number(b.state === "Failed") - Number(a.state === "Failed"));
  while (kept.length > 0) {
    kept = kept.slice(0, Math.floor(kept.length / 2));
    if (fits(new Map(kept))) break;
  }
  return new Map(kept);
}

function sizeOf(items: ReadonlyMap<string, ReportItem>): number {
  let bytes = 0;
  for (const item of items.values()) bytes += bytesOf(item);
  return bytes;
}

function keyOf({ kind, name }: ReportItem): string {
  return `${kind} ${name}`;
}

function bytesOf(item: ReportItem | undefined): number {
  return item === undefined ? 0 : ITEM_BYTES + item.name.length + (item.message?.length ?? 0);
}
