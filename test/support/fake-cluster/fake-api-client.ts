import type { Verb } from "../../../operator/kinds/kind.ts";
import type { Kind, Objects } from "../../../operator/kinds/kinds.ts";
import type { ApiObject } from "../../../operator/kinds/objects.ts";
import { ACCESS, assertGranted, type Grant } from "../../../operator/kube/access.ts";
import type {
  CallOptions,
  DeleteOptions,
  Kube,
  ListOptions,
  MergePatch,
  NewObject,
  ObjectKey,
  Page,
  PatchOptions,
  WatchEvent,
  WatchOptions,
} from "../../../operator/kube/kube.ts";
import { isUnread, readObject, type UnreadObject } from "../../../operator/kube/unread.ts";
import type { StoredObject } from "./fake-api-objects.ts";
import { connectionLost, type FakeCall, type FakeServer } from "./fake-api-server.ts";
import { refusal } from "./fake-api-storage.ts";

export interface FakeClientOptions {
  /** Of the process that it belongs to; faults and watches can be told apart by it. */
  readonly name: string;
  /** The operator's own table by default. */
  readonly access?: readonly Grant[] | "everything";
  /** The fence of the transport: asked before each write but the lease's. */
  readonly mayWrite?: () => boolean;
}

type Call = Omit<FakeCall, "client" | "sequence">;

const WRITES: readonly Verb[] = ["create", "patch", "delete"];

/** The port to a fake API server. */
export class FakeClient implements Kube {
  readonly name: string;
  readonly #server: FakeServer;
  readonly #access: readonly Grant[] | "everything";
  readonly #mayWrite: () => boolean;
  #dead = false;

  constructor(server: FakeServer, { name, access = ACCESS, mayWrite = () => true }: FakeClientOptions) {
    this.name = name;
    this.#server = server;
    this.#access = access;
    this.#mayWrite = mayWrite;
  }

  /** The process dies: no call of it is answered any more, nothing of it is done any more, its watches end. */
  kill(): void {
    this.#dead = true;
    for (const watcher of this.#server.watchers) if (watcher.client === this.name) this.#server.closeWatch(watcher);
  }

  async get<K extends Kind>(kind: K, key: ObjectKey, options: CallOptions = {}): Promise<Objects[K]> {
    const call = { verb: "get", kind, ...key } as const;
    return await this.#perform(call, options, () => asObject<K>(this.#server.storage.get(kind, key)));
  }

  async list<K extends Kind>(kind: K, options: ListOptions<Objects[K]> = {}): Promise<Page<Objects[K]>> {
    const call = { verb: "list", kind, namespace: options.namespace } as const;
    return await this.#perform(call, options, () => this.#page(kind, options));
  }

  async create<K extends Kind>(
    kind: K,
    namespace: string,
    body: NewObject,
    options: CallOptions = {},
  ): Promise<Objects[K]> {
    const call = { verb: "create", kind, namespace, name: body.metadata.name } as const;
    return await this.#perform(call, options, () => asObject<K>(this.#server.storage.create(kind, namespace, body)));
  }

  async patch<K extends Kind>(
    kind: K,
    key: ObjectKey,
    patch: MergePatch,
    options: PatchOptions = {},
  ): Promise<Objects[K]> {
    const call = { verb: "patch", kind, ...key, subresource: options.subresource } as const;
    return await this.#perform(call, options, () => asObject<K>(this.#server.storage.patch(kind, key, patch, options)));
  }

  async delete(kind: Kind, key: ObjectKey, options: DeleteOptions): Promise<void> {
    const call = { verb: "delete", kind, ...key } as const;
    await this.#perform(call, options, () => this.#server.storage.delete(kind, key, options));
  }

  async *watch<K extends Kind>(kind: K, options: WatchOptions<Objects[K]>): AsyncGenerator<WatchEvent<Objects[K]>> {
    const { namespace, labelSelector, resourceVersion, timeoutSeconds, signal } = options;
    const call = { verb: "watch", kind, namespace } as const;
    const watcher = await this.#perform(call, { signal }, () =>
      this.#server.openWatch(this.name, { kind, namespace, labelSelector }, Number(resourceVersion)),
    );
    const cancel = this.#server.clock.after(timeoutSeconds * 1000, () => watcher.end());
    const abort = () => watcher.end(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      for await (const event of watcher.events()) yield projected(event as WatchEvent<Objects[K]>, options);
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
      this.#server.closeWatch(watcher);
    }
  }

  #page<K extends Kind>(kind: K, options: ListOptions<Objects[K]>): Page<Objects[K]> {
    const { namespace, labelSelector, limit = Number.POSITIVE_INFINITY, continue: token } = options;
    const { version, items: all, next } = this.#server.page({ kind, namespace, labelSelector }, limit, token);
    const position = next === undefined ? {} : { next };
    const items = all.filter((object) => matchesFields(object, options.fieldSelector));
    const read = items.map((item) => shown(asObject<K>(item), options));
    return {
      items: read.filter((object) => !isUnread(object)) as Objects[K][],
      unread: read.filter(isUnread),
      resourceVersion: String(version),
      ...position,
    };
  }

  /** Everything that a call meets on its way: its rights, the faults, the wire, the server, and the wire again. */
  async #perform<T>(attempt: Call, options: CallOptions, act: () => T): Promise<T> {
    if (this.#access !== "everything") assertGranted(this.#access, attempt);
    // An answer never comes within the same turn.
    await this.#live();
    options.signal?.throwIfAborted();
    this.#assertMayWrite(attempt);
    const { faults, calls, clock } = this.#server;
    const call: FakeCall = { ...attempt, client: this.name, sequence: calls.length + 1 };
    calls.push(call);
    this.#fail(call, faults.before);
    const latencyMs = faults.latencyMs?.(call) ?? 0;
    if (latencyMs > 0) await new Promise<void>((resolve) => clock.after(latencyMs, resolve));
    await this.#live();
    options.signal?.throwIfAborted();
    const result = act();
    this.#fail(call, faults.after);
    await this.#live();
    return result;
  }

  #fail(call: FakeCall, fault: ((call: FakeCall) => Error | undefined) | undefined): void {
    const error = this.#server.faults.outage ? connectionLost(call.verb) : fault?.(call);
    if (error !== undefined) throw error;
  }

  #assertMayWrite(attempt: Call): void {
    if (!WRITES.includes(attempt.verb) || attempt.kind === "Lease" || this.#mayWrite()) return;
    throw refusal(attempt, attempt, [403, "NotLeading", "this process does not lead any more"]);
  }

  /** A dead process waits for ever. */
  #live(): Promise<void> {
    return this.#dead ? new Promise(() => undefined) : Promise.resolve();
  }
}

type Reading<T extends ApiObject> = Pick<ListOptions<T>, "metadataOnly" | "project">;

/** What the caller sees of an object. */
function shown<T extends ApiObject>(object: T, { metadataOnly, project }: Reading<T>): T | UnreadObject {
  return readObject(metadataOnly === true ? ({ metadata: object.metadata } as T) : object, project);
}

function projected<T extends ApiObject>(event: WatchEvent<T>, reading: Reading<T>): WatchEvent<T> {
  if (event.type !== "ADDED" && event.type !== "MODIFIED") return event;
  const object = shown(event.object, reading);
  return isUnread(object) ? { type: "UNREAD", object } : { type: event.type, object };
}

/** Equalities alone: `regarding.uid=x,reason=y`. */
function matchesFields(object: StoredObject, selector = ""): boolean {
  const terms = selector.split(",").filter((term) => term !== "");
  return terms.every((term) => {
    const [path = "", wanted] = term.split("=");
    const found = path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], object);
    return found === wanted;
  });
}

/** A copy: nobody can change what is stored by changing what was answered. */
function asObject<K extends Kind>(object: StoredObject): Objects[K] {
  return structuredClone(object) as ApiObject as Objects[K];
}
