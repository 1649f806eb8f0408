import type { Kind } from "../../../operator/kinds/kinds.ts";
import type { ApiObject } from "../../../operator/kinds/objects.ts";
import type { Clock } from "../../../operator/kube/clock.ts";
import type { WatchEvent } from "../../../operator/kube/kube.ts";
import { parseSelector, type StoredObject } from "./fake-api-objects.ts";
import type { StoredEvent } from "./fake-api-storage.ts";

export interface WatchScope {
  readonly kind: Kind;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

type Item = WatchEvent<ApiObject>;

/** One open watch. Events reach it in order; tests may hold them back, lose them or double them. */
export class FakeWatcher {
  readonly client: string;
  readonly scope: WatchScope;
  readonly #clock: Clock;
  readonly #matches: (labels: Readonly<Record<string, string>>) => boolean;
  readonly #inbox: Item[] = [];
  #wake: () => void = () => undefined;
  #ended: { readonly error?: unknown } | undefined;
  #arrivesAt = 0;
  #paused = false;
  #drop = 0;
  #double = 0;

  constructor(client: string, scope: WatchScope, clock: Clock) {
    this.client = client;
    this.scope = scope;
    this.#clock = clock;
    this.#matches = parseSelector(scope.labelSelector);
  }

  /** Events stay on the wire until {@link resume}. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  /** The next `count` events never arrive, as if the server had forgotten them. */
  dropNext(count = 1): void {
    this.#drop += count;
  }

  /** The next `count` events arrive twice. */
  doubleNext(count = 1): void {
    this.#double += count;
  }

  /** The stream ends: in order without an error, and broken with one, when what was not read yet is lost. */
  end(error?: unknown): void {
    this.#ended ??= error === undefined ? {} : { error };
    this.#wake();
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** The server has an event; it arrives after `delayMs`, never before the one ahead of it. */
  offer(event: StoredEvent, delayMs: number): void {
    const seen = this.#seen(event);
    if (seen === undefined) return;
    if (this.#drop > 0) {
      this.#drop--;
      return;
    }
    this.#send(seen, delayMs);
    if (this.#double > 0) {
      this.#double--;
      this.#send(seen, delayMs);
    }
  }

  bookmark(version: number, delayMs: number): void {
    this.#send({ type: "BOOKMARK", resourceVersion: String(version) }, delayMs);
  }

  async *events(): AsyncGenerator<Item> {
    while (true) {
      if (this.#ended !== undefined && "error" in this.#ended) throw this.#ended.error;
      const item = this.#paused ? undefined : this.#inbox.shift();
      if (item !== undefined) yield item;
      else if (this.#ended !== undefined) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #send(item: Item, delayMs: number): void {
    const now = this.#clock.monotonic();
    this.#arrivesAt = Math.max(this.#arrivesAt, now + delayMs);
    if (this.#arrivesAt <= now) this.#arrive(item);
    else this.#clock.after(this.#arrivesAt - now, () => this.#arrive(item));
  }

  #arrive(item: Item): void {
    this.#inbox.push(structuredClone(item));
    this.#wake();
  }

  /** The event as this watch sees it: a change that leaves the selector is a deletion, one that enters it is new. */
  #seen({ type, object, before }: StoredEvent): Item | undefined {
    if (object.kind !== this.scope.kind) return undefined;
    if (this.scope.namespace !== undefined && object.metadata.namespace !== this.scope.namespace) return undefined;
    const [did, does] = [before !== undefined && this.#selects(before), this.#selects(object)];
    if (type === "DELETED") return did ? { type, object } : undefined;
    if (does) return { type: did ? "MODIFIED" : "ADDED", object };
    return did ? { type: "DELETED", object } : undefined;
  }

  #selects(object: StoredObject): boolean {
    return this.#matches(object.metadata.labels ?? {});
  }
}
