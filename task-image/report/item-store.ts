import { REPORT_ITEMS_MAX, type Report, type ReportItem, type ReportProgress } from "#api/report.ts";
import type { EndState, ItemEnd, ItemProgress, Measured, ProgressReporter } from "./item-progress.ts";
import { cut } from "./shown-text.ts";

/** Longest name and message of an item, in UTF-16 units. */
const NAME_LENGTH_MAX = 512;
const MESSAGE_LENGTH_MAX = 1024;

/** What a task looks up of its project before it works with it. */
export type ProjectWords = Pick<Report, "commit" | "packages">;

interface Item extends ReportItem {
  /** When it was first worked on in this attempt. */
  readonly begun?: number;
  readonly isStaged?: boolean;
}

/** What happens inside the node, and who learns of it. */
export interface ItemStoreOptions {
  /** Milliseconds of any clock that does not go back. */
  readonly now: () => number;
  /** A text as it may leave the process. */
  readonly shown: (text: string) => string;
  /** Learns of every change. */
  readonly onChange: (store: ItemStore) => void;
}

/** What the items of the node came to so far; at most {@link REPORT_ITEMS_MAX} are kept. */
export class ItemStore implements ProgressReporter {
  readonly #options: ItemStoreOptions;
  readonly #items = new Map<string, Item>();
  readonly #changed = new Set<string>();
  /** What earlier attempts have done, by kind and shown name. */
  readonly #earlier = new Map<string, ReportItem>();
  readonly #sum: { rows: number | undefined; bytes: number | undefined } = { rows: undefined, bytes: undefined };
  /** Which item has which name for everybody: names that differ may look alike once secrets and what is too long are taken away. */
  readonly #ownerOf = new Map<string, string>();
  readonly #named = new Map<string, { readonly shown: string; readonly name: string }>();
  readonly #times = new Map<string, number>();
  #done = 0;
  #leftOut = 0;
  #current: string | undefined;
  #project: ProjectWords = {};

  constructor(options: ItemStoreOptions) {
    this.#options = options;
  }

  /** What the node has looked up of its project. */
  get project(): ProjectWords {
    return this.#project;
  }

  worksWith(words: ProjectWords): void {
    this.#project = { ...this.#project, ...words };
    this.#options.onChange(this);
  }

  /** Items beyond those that are kept: nobody learns their names. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Whether an item is worked on now. */
  get isWorking(): boolean {
    return this.#current !== undefined;
  }

  /** Whether this attempt or one before it has worked on an item. */
  get hasTried(): boolean {
    return [...this.#items.values()].some(({ attempts }) => attempts !== undefined);
  }

  items(kind: ReportItem["kind"], names: readonly string[]): readonly ItemProgress[] {
    const handles = distinct(names).map((name) => {
      const key = `${kind} ${name}`;
      if (this.#items.has(key)) return this.#handle(key);
      if (this.#items.size < REPORT_ITEMS_MAX) this.#put(key, this.#pending(kind, name));
      else this.#leftOut += 1;
      return this.#handle(key);
    });
    this.#options.onChange(this);
    return handles;
  }

  counts(): ReportProgress {
    const { rows, bytes } = this.#sum;
    const current = this.#current === undefined ? undefined : this.#items.get(this.#current);
    return {
      ...(current === undefined ? {} : { item: this.#shownName(current.name) }),
      ...(rows === undefined ? {} : { rows }),
      ...(bytes === undefined ? {} : { bytes }),
      done: this.#done,
      total: this.#items.size,
    };
  }

  /** All items as everybody may read them, in the order of their work. */
  all(): readonly ReportItem[] {
    return [...this.#items.values()].map((item) => this.#shown(item));
  }

  /**
   * Items to send: all, those that failed first, or those that have changed since they were last taken. At most `bytesMax` bytes of JSON:
   * what does not fit is taken next time. `failedOnly` forgets the changes of all others.
   */
  take(which: "all" | "changed", bytesMax: number, failedOnly = false): readonly ReportItem[] {
    const keys = which === "all" ? this.#failedFirst() : [...this.#changed];
    for (const key of which === "all" ? keys : []) this.#changed.add(key);
    const taken: ReportItem[] = [];
    let room = bytesMax;
    for (const key of keys) {
      const item = this.#items.get(key);
      if (item === undefined || (failedOnly && item.state !== "Failed")) {
        this.#changed.delete(key);
        continue;
      }
      const shown = this.#shown(item);
      room -= Buffer.byteLength(JSON.stringify(shown)) + 1;
      if (room < 0) break;
      this.#changed.delete(key);
      taken.push(shown);
    }
    return taken;
  }

  /** Whether there are items to take. */
  get hasChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** Learns what earlier attempts have done: their tries are counted, and what this attempt does not come to stays as they left it. */
  remember(items: readonly ReportItem[]): void {
    for (const item of items) this.#earlier.set(`${item.kind} ${item.name}`, item);
  }

  /** Ends the items that the command has not ended. `failure` says why the command failed. */
  conclude(failure?: string): void {
    const failed = this.#current;
    for (const [key, { state }] of this.#items) {
      if (state !== "Pending" && state !== "Running") continue;
      if (failure === undefined) this.#end(key, state === "Running" ? "Succeeded" : "Skipped");
      else if (key === failed) this.#end(key, "Failed", { message: failure });
      else this.#end(key, "Skipped", { message: state === "Running" ? "rolled back" : "not reached" });
    }
    this.#putEarlier();
    this.#options.onChange(this);
  }

  /** What this attempt has not come to stays as earlier ones have left it. */
  #putEarlier(): void {
    for (const [key, item] of this.#earlier) if (this.#items.size < REPORT_ITEMS_MAX) this.#put(key, item);
    this.#earlier.clear();
  }

  #pending(kind: ReportItem["kind"], name: string): ReportItem {
    const earlier = `${kind} ${this.#distinctName({ kind, name })}`;
    const attempts = this.#earlier.get(earlier)?.attempts;
    this.#earlier.delete(earlier);
    return { kind, name, state: "Pending", ...(attempts === undefined ? {} : { attempts }) };
  }

  #failedFirst(): readonly string[] {
    const hasFailed = (key: string) => this.#items.get(key)?.state === "Failed";
    const keys = [...this.#items.keys()];
    return [...keys.filter(hasFailed), ...keys.filter((key) => !hasFailed(key))];
  }

  #handle(key: string): ItemProgress {
    const change = (work: () => void) => {
      if (!this.#items.has(key)) return;
      work();
      this.#options.onChange(this);
    };
    return {
      running: (measured = {}) =>
        change(() => {
          this.#current = key;
          this.#work(key, measured, false);
        }),
      staged: (measured = {}) =>
        change(() => {
          this.#leave(key);
          this.#work(key, measured, true);
        }),
      ended: (state, end) => change(() => this.#end(key, state, end)),
    };
  }

  #work(key: string, measured: Measured, isStaged: boolean): void {
    const item = this.#items.get(key);
    if (item === undefined) return;
    const begun = item.begun ?? this.#options.now();
    const attempts = (item.attempts ?? 0) + (item.begun === undefined ? 1 : 0);
    this.#put(key, { ...item, ...measured, state: "Running", attempts, begun, isStaged });
  }

  #end(key: string, state: EndState, { message, ...measured }: ItemEnd = {}): void {
    const item = this.#items.get(key);
    if (item === undefined) return;
    this.#leave(key);
    const seconds = item.begun === undefined ? {} : { seconds: Math.round(this.#options.now() - item.begun) / 1000 };
    const why = message === undefined ? {} : { message };
    this.#put(key, { ...item, ...measured, ...seconds, ...why, state });
  }

  #leave(key: string): void {
    if (this.#current === key) this.#current = undefined;
  }

  #put(key: string, item: Item): void {
    const before = this.#items.get(key);
    this.#items.set(key, item);
    this.#changed.add(key);
    this.#done += Number(isDone(item)) - Number(before !== undefined && isDone(before));
    for (const what of ["rows", "bytes"] as const) {
      if (item[what] !== undefined || before?.[what] !== undefined) {
        this.#sum[what] = (this.#sum[what] ?? 0) + (item[what] ?? 0) - (before?.[what] ?? 0);
      }
    }
  }

  #shown({ begun: _begun, isStaged: _isStaged, message, ...item }: Item): ReportItem {
    const why = message === undefined ? {} : { message: cut(this.#options.shown(message), MESSAGE_LENGTH_MAX) };
    return { ...item, name: this.#distinctName(item), ...why };
  }

  /** The shown name, with a number where another item of the kind has it. */
  #distinctName({ kind, name }: Pick<Item, "kind" | "name">): string {
    const shown = this.#shownName(name);
    const key = `${kind} ${name}`;
    const known = this.#named.get(key);
    if (known?.shown === shown) return known.name;
    for (let times = (this.#times.get(`${kind} ${shown}`) ?? 0) + 1; ; times += 1) {
      const suffix = times === 1 ? "" : ` (${times})`;
      const tried = cut(shown, NAME_LENGTH_MAX - suffix.length) + suffix;
      if ((this.#ownerOf.get(`${kind} ${tried}`) ?? key) !== key) continue;
      this.#times.set(`${kind} ${shown}`, times);
      this.#ownerOf.set(`${kind} ${tried}`, key);
      this.#named.set(key, { shown, name: tried });
      return tried;
    }
  }

  /** A name has at least one character, whatever is taken away from it. */
  #shownName(name: string): string {
    return cut(this.#options.shown(name), NAME_LENGTH_MAX) || "?";
  }
}

function isDone({ state, isStaged }: Item): boolean {
  return state !== "Pending" && (state !== "Running" || isStaged === true);
}

/** The names, of which those that come again have a number. */
function distinct(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}
