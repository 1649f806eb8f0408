import type { ApiCall } from "../../../operator/kube/access.ts";
import { ApiError, NO_ANSWER } from "../../../operator/kube/api-error.ts";
import type { Clock } from "../../../operator/kube/clock.ts";
import { FakeGarbageCollector } from "./fake-api-garbage.ts";
import type { StoredObject } from "./fake-api-objects.ts";
import { type Admission, FakeStorage, refusal, type StoredEvent } from "./fake-api-storage.ts";
import { FakeWatcher, type WatchScope } from "./fake-api-watch.ts";

/** One call as the faults see it. */
export interface FakeCall extends ApiCall {
  readonly client: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** Counts the calls to the server from 1. */
  readonly sequence: number;
}

/** The rest of a list that was read in pages, as it was when the first page was read. */
interface Continuation {
  readonly version: number;
  readonly rest: readonly StoredObject[];
}

/** What goes wrong. Every hook is asked each time; the default is that nothing does. */
export interface Faults {
  /** The call fails and nothing was done. */
  before?: (call: FakeCall) => ApiError | undefined;
  /** The call was done and its answer is lost. */
  after?: (call: FakeCall) => ApiError | undefined;
  /** How long a call is on its way before it is done. */
  latencyMs?: (call: FakeCall) => number;
  /** How long an event is on its way to a watch. */
  watchDelayMs?: (watcher: FakeWatcher, event: StoredEvent) => number;
  /** Nobody is answered and all watches are broken. */
  outage: boolean;
}

const BOOKMARK_MS = 60_000;

/** The server's side of a fake API: what is stored, who watches it, and what goes wrong. */
export class FakeServer {
  readonly clock: Clock;
  readonly storage: FakeStorage;
  readonly garbageCollector: FakeGarbageCollector;
  readonly faults: Faults = { outage: false };
  /** Watches that are open. */
  readonly watchers = new Set<FakeWatcher>();
  /** Every call that reached the server, in order. */
  readonly calls: FakeCall[] = [];
  readonly #continuations = new Map<string, Continuation>();
  #oldest = 0;

  constructor(clock: Clock, admission?: Admission) {
    this.clock = clock;
    this.storage = new FakeStorage(() => clock.now(), admission);
    this.garbageCollector = new FakeGarbageCollector(this.storage, clock);
    this.storage.onEvent((event) => this.#broadcast(event));
  }

  /** The server forgets the past: watches from before and pages of lists from before are answered with 410. */
  forgetHistory(): void {
    this.#oldest = this.storage.version;
  }

  /** A page of what was there when the first page was read. */
  page(scope: WatchScope, limit: number, token?: string): { version: number; items: StoredObject[]; next?: string } {
    const { version, rest } = token === undefined ? this.#snapshot(scope) : this.#continuation(scope, token);
    const items = rest.slice(0, limit);
    if (items.length === rest.length) return { version, items };
    const next = `${version}.${this.#continuations.size}`;
    this.#continuations.set(next, { version, rest: rest.slice(limit) });
    return { version, items, next };
  }

  /** Breaks open watches as a restarting server does, or with the given error; all of them or those of one client. */
  breakWatches(error: unknown = connectionLost("watch"), client?: string): void {
    for (const watcher of this.watchers) if (client === undefined || watcher.client === client) watcher.end(error);
  }

  startOutage(): void {
    this.faults.outage = true;
    this.breakWatches();
  }

  endOutage(): void {
    this.faults.outage = false;
  }

  /** A watch from `version` on, with everything that happened since on its way already. */
  openWatch(client: string, scope: WatchScope, version: number): FakeWatcher {
    this.#assertRemembered(version, scope, "watch");
    const watcher = new FakeWatcher(client, scope, this.clock);
    this.watchers.add(watcher);
    for (const event of this.storage.history) if (event.version > version) this.#send(watcher, event);
    this.#planBookmark(watcher);
    return watcher;
  }

  closeWatch(watcher: FakeWatcher): void {
    watcher.end();
    this.watchers.delete(watcher);
  }

  #snapshot({ kind, namespace, labelSelector }: WatchScope): Continuation {
    return { version: this.storage.version, rest: this.storage.list(kind, namespace, labelSelector) };
  }

  #continuation(scope: WatchScope, token: string): Continuation {
    const continuation = this.#continuations.get(token);
    if (continuation === undefined) {
      throw refusal({ verb: "list", kind: scope.kind }, {}, [400, "BadRequest", "continue key is not valid"]);
    }
    this.#assertRemembered(continuation.version, scope, "list");
    return continuation;
  }

  #assertRemembered(version: number, { kind }: WatchScope, verb: "list" | "watch"): void {
    if (version >= this.#oldest) return;
    const message = `too old resource version: ${version} (${this.#oldest})`;
    throw refusal({ verb, kind }, {}, [410, "Expired", message]);
  }

  #broadcast(event: StoredEvent): void {
    for (const watcher of this.watchers) this.#send(watcher, event);
  }

  #send(watcher: FakeWatcher, event: StoredEvent): void {
    watcher.offer(event, this.faults.watchDelayMs?.(watcher, event) ?? 0);
  }

  #planBookmark(watcher: FakeWatcher): void {
    this.clock.after(BOOKMARK_MS, () => {
      if (watcher.ended || !this.watchers.has(watcher)) return;
      watcher.bookmark(this.storage.version, 0);
      this.#planBookmark(watcher);
    });
  }
}

export function connectionLost(verb: string): ApiError {
  return new ApiError("the connection was reset", { status: NO_ANSWER, reason: "NoAnswer", verb, resource: "*" });
}
