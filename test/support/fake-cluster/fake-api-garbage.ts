import type { Clock } from "../../../operator/kube/clock.ts";
import type { StoredObject } from "./fake-api-objects.ts";
import { type FakeStorage, FOREGROUND } from "./fake-api-storage.ts";

/** Kubernetes' garbage collector: deletes what lost all its owners, and lets owners go that wait for their dependents. */
export class FakeGarbageCollector {
  readonly #storage: FakeStorage;
  readonly #clock: Clock;
  #planned = false;
  /** How long after a deletion it comes by. */
  delayMs = 0;

  constructor(storage: FakeStorage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
    // Nobody changes the owners of an object that stays: other changes leave nothing to collect.
    storage.onEvent(({ type, object }) => {
      if (type !== "MODIFIED" || object.metadata.deletionTimestamp !== undefined) this.#plan();
    });
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#clock.after(this.delayMs, () => {
      this.#planned = false;
      this.#collect();
    });
  }

  #collect(): void {
    const objects = this.#storage.all();
    const alive = new Set(objects.map(({ metadata }) => metadata.uid));
    const going = new Set(objects.filter(isGoing).map(({ metadata }) => metadata.uid));
    for (const object of objects) {
      const owners = object.metadata.ownerReferences ?? [];
      const orphaned = owners.length > 0 && owners.every(({ uid }) => !alive.has(uid));
      if (orphaned || owners.some(({ uid }) => going.has(uid))) this.#delete(object);
    }
    for (const object of objects) this.#release(object);
  }

  #delete({ kind, metadata }: StoredObject): void {
    if (this.#storage.find(kind, metadata)?.metadata.deletionTimestamp !== undefined) return;
    this.#storage.delete(kind, metadata, { uid: metadata.uid, propagation: "Background" });
  }

  #release(found: StoredObject): void {
    const object = this.#storage.find(found.kind, found.metadata);
    if (object === undefined || !isGoing(object)) return;
    const blocked = this.#storage
      .all()
      .flatMap(({ metadata }) => metadata.ownerReferences ?? [])
      .some((owner) => owner.uid === object.metadata.uid && owner.blockOwnerDeletion === true);
    if (blocked) return;
    this.#storage.setFinalizers(
      object,
      (object.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FOREGROUND),
    );
  }
}

/** It waits for its dependents to go first. */
function isGoing({ metadata: { deletionTimestamp, finalizers = [] } }: StoredObject): boolean {
  return deletionTimestamp !== undefined && finalizers.includes(FOREGROUND);
}
