import type { ApiObject } from "../kinds/objects.ts";
import type { ObjectKey, Page, WatchEvent } from "./kube.ts";
import { formatKey } from "./object-key.ts";
import { compareResourceVersions } from "./resource-version.ts";
import type { Store } from "./store.ts";

/** One object came, changed or went. A change of uid under the same name is two changes: it went, and another came. */
export interface Change<T> {
  readonly before?: T;
  readonly after?: T;
}

/** Keeps a store equal to what a list and the watch events after it say. Does no I/O. */
export class Replica<T extends ApiObject> {
  readonly #store: Store<T, string>;
  readonly #namespace: string | undefined;
  #resourceVersion: string | undefined;
  #trusted = false;

  /** `namespace` is the one that lists and watches are of: objects of others in the store belong to other replicas. */
  constructor(store: Store<T, string>, namespace?: string) {
    this.#store = store;
    this.#namespace = namespace;
  }

  /** Everything up to this version is in the store. Undefined until the first list. */
  get resourceVersion(): string | undefined {
    return this.#resourceVersion;
  }

  /** The version to watch from; undefined when only a list can tell what the store lacks. */
  get watchableFrom(): string | undefined {
    return this.#trusted ? this.#resourceVersion : undefined;
  }

  /** The server no longer knows what came after our version, or sent what cannot be read. */
  distrust(): void {
    this.#trusted = false;
  }

  /** The object in the store, where it is this very version of it. */
  known({ metadata: { namespace, name, uid, resourceVersion } }: T): T | undefined {
    const known = this.#store.get({ namespace, name });
    return known?.metadata.resourceVersion === resourceVersion && known.metadata.uid === uid ? known : undefined;
  }

  /** Takes a whole list. An object that could not be read is one that is not there: nothing can be decided about it. */
  replace(list: Page<T>): Change<T>[] {
    const objects = new Map(list.items.map((item) => [formatKey(item.metadata), item]));
    const changes: Change<T>[] = [];
    for (const before of this.#store.all()) {
      if (this.#namespace !== undefined && before.metadata.namespace !== this.#namespace) continue;
      if (objects.has(formatKey(before.metadata))) continue;
      this.#store.delete(before.metadata);
      changes.push({ before });
    }
    for (const object of objects.values()) changes.push(...this.#set(object));
    this.#resourceVersion = list.resourceVersion;
    this.#trusted = true;
    return changes;
  }

  /** Takes one event; one that is not newer than what is known already changes nothing. */
  apply(event: WatchEvent<T>): Change<T>[] {
    const version = event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion;
    if (this.#resourceVersion !== undefined && compareResourceVersions(version, this.#resourceVersion) <= 0) return [];
    const changes = this.#changes(event);
    this.#resourceVersion = version;
    return changes;
  }

  #changes(event: WatchEvent<T>): Change<T>[] {
    switch (event.type) {
      case "BOOKMARK":
        return [];
      case "DELETED":
      case "UNREAD":
        return this.#delete(event.object);
      default:
        return this.#set(event.object);
    }
  }

  #set(after: T): Change<T>[] {
    const before = this.#store.get(after.metadata);
    if (before?.metadata.resourceVersion === after.metadata.resourceVersion) return [];
    this.#store.set(after);
    if (before === undefined) return [{ after }];
    return before.metadata.uid === after.metadata.uid ? [{ before, after }] : [{ before }, { after }];
  }

  #delete({ metadata }: { readonly metadata: ObjectKey }): Change<T>[] {
    const before = this.#store.get(metadata);
    if (before === undefined) return [];
    this.#store.delete(metadata);
    return [{ before }];
  }
}
