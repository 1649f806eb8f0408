import { CUSTOM_KINDS } from "#api/kinds/custom-kinds.ts";
import { apiVersion, type Kind } from "../../../operator/kinds/kinds.ts";
import { type ApiCall, resourceName } from "../../../operator/kube/access.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import type { DeleteOptions, MergePatch, NewObject, ObjectKey, PatchOptions } from "../../../operator/kube/kube.ts";
import { formatKey } from "../../../operator/kube/object-key.ts";
import { mergePatch, parseSelector, type StoredMetadata, type StoredObject, sameJson } from "./fake-api-objects.ts";

/** One write, in the order of all writes. Only bookmarks know versions between two of them. */
export interface StoredEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly version: number;
  readonly object: StoredObject;
  readonly before?: StoredObject;
}

/** What admission would do: returns the object as it is to be stored, or why not. */
export type Admission = (object: StoredObject, before?: StoredObject) => StoredObject | { readonly refused: string };

const CUSTOM: readonly string[] = CUSTOM_KINDS.map(({ kind }) => kind);
/** Kinds with a field that no write may change, as the API server has it of a ControllerRevision's data. */
const IMMUTABLE: Readonly<Partial<Record<Kind, string>>> = { ControllerRevision: "data" };
const WITH_STATUS: readonly string[] = [...CUSTOM, "Job", "Pod"];
const WITH_GENERATION: readonly string[] = [...CUSTOM, "Job"];
export const FOREGROUND = "foregroundDeletion";

/** etcd and the registry of an API server: what is stored, and the rules of each write. Synchronous. */
export class FakeStorage {
  readonly #objects = new Map<string, StoredObject>();
  readonly #now: () => number;
  readonly #listeners: ((event: StoredEvent) => void)[] = [];
  readonly #admission: Admission;
  #uids = 0;
  #names = 0;
  /** The version of the last write. */
  version = 1_000;
  /** Every write since the beginning, for tests to look at. */
  readonly history: StoredEvent[] = [];

  constructor(now: () => number, admission: Admission = (object) => object) {
    this.#now = now;
    this.#admission = admission;
  }

  onEvent(listener: (event: StoredEvent) => void): void {
    this.#listeners.push(listener);
  }

  find(kind: Kind, key: ObjectKey): StoredObject | undefined {
    return this.#objects.get(`${kind}/${formatKey(key)}`);
  }

  get(kind: Kind, key: ObjectKey, verb: ApiCall["verb"] = "get"): StoredObject {
    const object = this.find(kind, key);
    if (object === undefined) throw refusal({ verb, kind }, key, [404, "NotFound", "not found"]);
    return object;
  }

  /** By namespace and name, as etcd sorts them. */
  list(kind: Kind, namespace?: string, labelSelector?: string): StoredObject[] {
    const matches = parseSelector(labelSelector);
    return this.all()
      .filter((object) => object.kind === kind)
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .filter(({ metadata }) => matches(metadata.labels ?? {}))
      .sort((a, b) => (formatKey(a.metadata) < formatKey(b.metadata) ? -1 : 1));
  }

  all(): StoredObject[] {
    return [...this.#objects.values()];
  }

  create(kind: Kind, namespace: string, body: NewObject): StoredObject {
    const { generateName } = body.metadata;
    const name = body.metadata.name ?? `${generateName ?? ""}${(this.#names++).toString(36).padStart(5, "0")}`;
    const key = { namespace, name };
    if (body.metadata.name === undefined && generateName === undefined) {
      throw refusal({ verb: "create", kind }, key, [422, "Invalid", "metadata.name: Required value"]);
    }
    if (this.find(kind, key) !== undefined) {
      throw refusal({ verb: "create", kind }, key, [409, "AlreadyExists", `"${name}" already exists`]);
    }
    const { generateName: _, ...metadata } = structuredClone(body.metadata);
    const { status: __, ...content } = structuredClone(body);
    const object = {
      ...content,
      apiVersion: apiVersion(kind),
      kind,
      metadata: { ...metadata, ...key, ...this.#birth(kind) },
      ...(kind === "Pod" ? { status: { phase: "Pending" } } : {}),
    };
    return this.#write("ADDED", this.#admit("create", object));
  }

  patch(kind: Kind, key: ObjectKey, patch: MergePatch, options: PatchOptions): StoredObject {
    const before = this.get(kind, key, "patch");
    const { subresource, resourceVersion } = options;
    const attempt: ApiCall = { verb: "patch", kind, subresource };
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      throw refusal(attempt, key, [409, "Conflict", "the object has been modified"]);
    }
    const merged = mergePatch(before, structuredClone(patch)) as StoredObject;
    const fixed = IMMUTABLE[kind];
    if (fixed !== undefined && !sameJson(before[fixed], merged[fixed])) {
      throw refusal(attempt, key, [422, "Invalid", `${fixed}: Invalid value: field is immutable`]);
    }
    const after = this.#admit("patch", parts(kind, before, merged, subresource), before);
    return this.#update(before, after);
  }

  delete(kind: Kind, key: ObjectKey, { uid, resourceVersion, propagation }: Omit<DeleteOptions, "signal">): void {
    const before = this.get(kind, key, "delete");
    const { metadata } = before;
    if (
      (uid ?? metadata.uid) !== metadata.uid ||
      (resourceVersion ?? metadata.resourceVersion) !== metadata.resourceVersion
    ) {
      throw refusal({ verb: "delete", kind }, key, [409, "Conflict", "Precondition failed: UID or resourceVersion"]);
    }
    if (propagation === "Orphan") this.#orphan(before.metadata.uid);
    const finalizers = [...(before.metadata.finalizers ?? []), ...(propagation === "Foreground" ? [FOREGROUND] : [])];
    if (finalizers.length === 0) this.#remove(before);
    else if (before.metadata.deletionTimestamp === undefined) this.#mark(before, finalizers);
  }

  /** Writes the finalizers, as a controller's update would; without any, a deleted object goes. */
  setFinalizers(object: StoredObject, finalizers: readonly string[]): void {
    this.#update(object, { ...object, metadata: { ...object.metadata, finalizers } });
  }

  #birth(kind: Kind): Omit<StoredMetadata, "name" | "namespace"> {
    return {
      uid: `00000000-0000-4000-8000-${(++this.#uids).toString(16).padStart(12, "0")}`,
      resourceVersion: "",
      creationTimestamp: this.#timestamp(),
      ...(WITH_GENERATION.includes(kind) ? { generation: 1 } : {}),
    };
  }

  #timestamp(): string {
    return new Date(this.#now()).toISOString().replace(/\.\d+Z$/, "Z");
  }

  #admit(verb: "create" | "patch", object: StoredObject, before?: StoredObject): StoredObject {
    const admitted = this.#admission(object, before);
    if (!("refused" in admitted)) return admitted as StoredObject;
    throw refusal({ verb, kind: object.kind }, object.metadata, [422, "Invalid", String(admitted.refused)]);
  }

  #update(before: StoredObject, after: StoredObject): StoredObject {
    if (after.metadata.deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0) {
      return this.#remove(after);
    }
    if (sameJson(before, after)) return before;
    const specChanged = !sameJson(before.spec, after.spec);
    return this.#write("MODIFIED", specChanged ? withNextGeneration(after) : after, before);
  }

  #mark(before: StoredObject, finalizers: readonly string[]): void {
    const deletion = { finalizers, deletionTimestamp: this.#timestamp(), deletionGracePeriodSeconds: 0 };
    const marked = { ...before, metadata: { ...before.metadata, ...deletion } };
    this.#write("MODIFIED", withNextGeneration(marked), before);
  }

  #orphan(uid: string): void {
    for (const object of this.all()) {
      const owners = object.metadata.ownerReferences ?? [];
      const left = owners.filter((owner) => owner.uid !== uid);
      if (left.length < owners.length) {
        this.#update(object, { ...object, metadata: { ...object.metadata, ownerReferences: left } });
      }
    }
  }

  #remove(object: StoredObject): StoredObject {
    return this.#write("DELETED", object, object);
  }

  #write(type: StoredEvent["type"], written: StoredObject, before?: StoredObject): StoredObject {
    const version = ++this.version;
    const object = { ...written, metadata: { ...written.metadata, resourceVersion: String(version) } };
    const id = `${object.kind}/${formatKey(object.metadata)}`;
    if (type === "DELETED") this.#objects.delete(id);
    else this.#objects.set(id, object);
    const event = { type, version, object, ...(before === undefined ? {} : { before }) };
    this.history.push(event);
    for (const listener of this.#listeners) listener(event);
    return object;
  }
}

/** An ApiError as the server would send it. */
export function refusal(
  { verb, kind, subresource }: ApiCall,
  key: { readonly namespace?: string | undefined; readonly name?: string | undefined },
  [status, reason, message]: readonly [number, string, string],
): ApiError {
  const { namespace, name } = key;
  return new ApiError(message, { status, reason, verb, resource: resourceName(kind, subresource), namespace, name });
}

/** A patch of the status changes nothing else, and no other patch changes the status; names and uids stay. */
function parts(kind: Kind, before: StoredObject, merged: StoredObject, subresource?: "status"): StoredObject {
  if (subresource === "status") return { ...before, ...("status" in merged ? { status: merged.status } : {}) };
  const { name, namespace, uid, resourceVersion, creationTimestamp, generation, deletionTimestamp } = before.metadata;
  const fixed = {
    ...{ name, namespace, uid, resourceVersion, creationTimestamp },
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
  const { status, ...content } = merged;
  const kept = WITH_STATUS.includes(kind) ? before.status : status;
  return {
    ...(content as StoredObject),
    metadata: { ...merged.metadata, ...fixed },
    ...(kept === undefined ? {} : { status: kept }),
  };
}

function withNextGeneration(object: StoredObject): StoredObject {
  const { generation } = object.metadata;
  return generation === undefined
    ? object
    : { ...object, metadata: { ...object.metadata, generation: generation + 1 } };
}
