import { MANAGER } from "#api/metadata.ts";
import { ACCESS, assertGranted, type Grant, resourceName, type Verb } from "./access.ts";
import { ApiError } from "./api-error.ts";
import type { HttpCall } from "./http-call.ts";
import { apiVersion, type Kind, type Objects, RESOURCES } from "./kinds.ts";
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
} from "./kube.ts";
import type { Transport } from "./transport.ts";
import { readWatch } from "./watch-stream.ts";

const METHODS = { get: "GET", list: "GET", watch: "GET", create: "POST", patch: "PATCH", delete: "DELETE" } as const;
/** A create or a patch that found its object changed by its own first try would answer with a conflict. */
const IDEMPOTENT: readonly Verb[] = ["get", "list", "watch", "delete"];

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Target {
  readonly verb: Verb;
  readonly kind: Kind;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query?: Query;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** The port over HTTP. */
export class KubeClient implements Kube {
  readonly #transport: Transport;
  readonly #access: readonly Grant[];

  constructor(transport: Transport, access: readonly Grant[] = ACCESS) {
    this.#transport = transport;
    this.#access = access;
  }

  async get<K extends Kind>(kind: K, key: ObjectKey, options: CallOptions = {}): Promise<Objects[K]> {
    return await this.#object({ verb: "get", kind, ...key, ...options });
  }

  async list<K extends Kind>(kind: K, options: ListOptions = {}): Promise<Page<Objects[K]>> {
    const { namespace, labelSelector, limit, continue: token, signal } = options;
    const target: Target = { verb: "list", kind, namespace, signal, query: { labelSelector, limit, continue: token } };
    const call = this.#call(target);
    const answer = parse<List<Objects[K]>>(call, await this.#transport.send(call));
    const next = answer.metadata?.continue;
    return {
      items: answer.items ?? [],
      resourceVersion: answer.metadata?.resourceVersion ?? "",
      ...(next ? { next } : {}),
    };
  }

  async create<K extends Kind>(
    kind: K,
    namespace: string,
    body: NewObject,
    options: CallOptions = {},
  ): Promise<Objects[K]> {
    const object = { ...body, apiVersion: apiVersion(kind), kind, metadata: { ...body.metadata, namespace } };
    const query = { fieldManager: MANAGER };
    return await this.#object({ verb: "create", kind, namespace, query, body: object, ...options });
  }

  async patch<K extends Kind>(
    kind: K,
    key: ObjectKey,
    patch: MergePatch,
    options: PatchOptions = {},
  ): Promise<Objects[K]> {
    const { subresource, signal, resourceVersion } = options;
    const precondition = resourceVersion === undefined ? {} : { resourceVersion };
    const body = { ...patch, metadata: { ...(patch.metadata as object | undefined), ...precondition } };
    const query = { fieldManager: MANAGER };
    return await this.#object({ verb: "patch", kind, ...key, subresource, query, body, signal });
  }

  async delete(kind: Kind, key: ObjectKey, options: DeleteOptions): Promise<void> {
    const { propagation, uid, signal } = options;
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: propagation, ...preconditions };
    await this.#transport.send(this.#call({ verb: "delete", kind, ...key, body, signal }));
  }

  async *watch<K extends Kind>(kind: K, options: WatchOptions): AsyncGenerator<WatchEvent<Objects[K]>> {
    const { namespace, labelSelector, resourceVersion, timeoutSeconds, signal } = options;
    const query = { watch: true, allowWatchBookmarks: true, labelSelector, resourceVersion, timeoutSeconds };
    const call = this.#call({ verb: "watch", kind, namespace, query, signal });
    yield* readWatch<Objects[K]>(call, await this.#transport.open(call, signal));
  }

  async #object<K extends Kind>(target: Target & { readonly kind: K }): Promise<Objects[K]> {
    const call = this.#call(target);
    return parse<Objects[K]>(call, await this.#transport.send(call));
  }

  #call(target: Target): HttpCall {
    assertGranted(this.#access, target);
    const { verb, kind, namespace, name, body } = target;
    return {
      verb,
      resource: resourceName(kind, target.subresource),
      namespace,
      name,
      method: METHODS[verb],
      path: path(target),
      pool: poolOf(target),
      idempotent: IDEMPOTENT.includes(verb),
      signal: target.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body), contentType: contentType(verb) }),
    };
  }
}

interface List<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}

function poolOf({ kind, verb }: Target): HttpCall["pool"] {
  if (kind === "Lease") return "lease";
  return verb === "watch" ? "watch" : "call";
}

function contentType(verb: Verb): string {
  return verb === "patch" ? "application/merge-patch+json" : "application/json";
}

function path({ kind, namespace, name, subresource, query = {} }: Target): string {
  const { group, version, plural } = RESOURCES[kind];
  const segments = [
    ...(group === "" ? ["api", version] : ["apis", group, version]),
    ...(namespace === undefined ? [] : ["namespaces", namespace]),
    plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) parameters.set(key, String(value));
  const search = parameters.size === 0 ? "" : `?${parameters}`;
  return `/${segments.map(encodeURIComponent).join("/")}${search}`;
}

function parse<T>(call: HttpCall, body: string): T {
  try {
    return JSON.parse(body) as T;
  } catch (error) {
    const facts = { ...call, status: 502, reason: "NotJson" };
    throw new ApiError("expected JSON, found something else: is there a proxy between?", facts, error);
  }
}
