import { MANAGER } from "#api/metadata.ts";
import type { Verb } from "../kinds/kind.ts";
import { apiVersion, entryOf, KINDS, type Kind, type Objects } from "../kinds/kinds.ts";
import { ACCESS, assertGranted, type Grant, resourceName } from "./access.ts";
import { parseBody } from "./http-answer.ts";
import type { HttpCall } from "./http-call.ts";
import { wireJson } from "./json.ts";
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
import { readList } from "./list-answer.ts";
import type { Transport } from "./transport.ts";
import { readWatch } from "./watch-stream.ts";

const METHODS = { get: "GET", list: "GET", watch: "GET", create: "POST", patch: "PATCH", delete: "DELETE" } as const;
/** A create or a patch that found its object changed by its own first try would answer with a conflict. */
const IDEMPOTENT: readonly Verb[] = ["get", "list", "watch", "delete"];

/** How the API server is asked for metadata alone, as client-go's metadata client does. */
const METADATA_ONLY = {
  list: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  object: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
} as const;

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Target {
  readonly verb: Verb;
  readonly kind: Kind;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query?: Query;
  readonly metadataOnly?: true | undefined;
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

  async list<K extends Kind>(kind: K, options: ListOptions<Objects[K]> = {}): Promise<Page<Objects[K]>> {
    const {
      namespace,
      labelSelector,
      fieldSelector,
      metadataOnly,
      limit,
      continue: token,
      signal,
      deadlineMs,
      project,
    } = options;
    const query = { labelSelector, fieldSelector, limit, continue: token };
    const call = { ...this.#call({ verb: "list", kind, namespace, signal, query, metadataOnly }), deadlineMs };
    const { objectBytesMax, pageBytesMax } = this.#transport.settings;
    // A page of one object cannot become smaller, and a list without pages is as long as it is.
    const bound = limit === undefined || limit === 1 ? {} : { pageBytesMax };
    return await this.#transport.read(call, (body) => readList(call, body, { objectBytesMax, project, ...bound }));
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
    const { propagation, uid, resourceVersion, signal } = options;
    const preconditions = { uid, resourceVersion };
    const body = { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: propagation, preconditions };
    await this.#transport.send(this.#call({ verb: "delete", kind, ...key, body, signal }));
  }

  async *watch<K extends Kind>(kind: K, options: WatchOptions<Objects[K]>): AsyncGenerator<WatchEvent<Objects[K]>> {
    const { namespace, labelSelector, metadataOnly, resourceVersion, timeoutSeconds, signal, project } = options;
    const query = { watch: true, allowWatchBookmarks: true, labelSelector, resourceVersion, timeoutSeconds };
    const call = this.#call({ verb: "watch", kind, namespace, query, signal, metadataOnly });
    const { objectBytesMax } = this.#transport.settings;
    yield* readWatch<Objects[K]>(call, await this.#transport.open(call, signal), { objectBytesMax, project });
  }

  async #object<K extends Kind>(target: Target & { readonly kind: K }): Promise<Objects[K]> {
    const call = this.#call(target);
    return parseBody<Objects[K]>(call, await this.#transport.send(call));
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
      ...(entryOf(kind).isDetail === true ? { isDetail: true as const } : {}),
      signal: target.signal,
      ...(target.metadataOnly === true ? { accept: METADATA_ONLY[verb === "list" ? "list" : "object"] } : {}),
      ...(body === undefined ? {} : { body: wireJson(body), contentType: contentType(verb) }),
    };
  }
}

function poolOf({ kind, verb }: Target): HttpCall["pool"] {
  if (kind === "Lease") return "lease";
  return verb === "watch" ? "watch" : "call";
}

function contentType(verb: Verb): string {
  return verb === "patch" ? "application/merge-patch+json" : "application/json";
}

function path({ kind, namespace, name, subresource, query = {} }: Target): string {
  const { group, version, plural } = KINDS[kind].resource;
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
