import {
  entryOf,
  type IndexOf,
  KINDS,
  type Kind,
  type Objects,
  type StoreOf,
  WATCHED,
  type WatchedKind,
} from "../../kinds/kinds.ts";
import { OwnWrites } from "../../kube/own-writes.ts";
import type { Reflector, ReflectorServices } from "../../kube/reflector.ts";
import { Store, type StoreReader } from "../../kube/store.ts";

/** What the operator knows of the cluster without asking: a cache of every kind whose entry says how it is watched, by the name that stands there. */
export type Caches = { readonly [K in WatchedKind as StoreOf<K>]: StoreReader<Objects[K], IndexOf<K>> };

export type Stores = { readonly [K in WatchedKind as StoreOf<K>]: Store<Objects[K], IndexOf<K>> };

export function createStores(): Stores {
  const stores = WATCHED.map((kind) => [KINDS[kind].watch.store, new Store(entryOf(kind).watch?.indexes ?? {})]);
  return Object.fromEntries(stores) as Stores;
}

/** What every reflector of a scope has in common: the port, the namespace if it is one, clock, random, observer. */
export type ReflectorFactory = <K extends Kind>(
  services: Pick<ReflectorServices<K>, "kind" | "labelSelector" | "metadataOnly" | "store">,
) => Reflector<K>;

/** What all reflectors have in common, whatever their kind. */
type AnyReflector = Pick<
  Reflector<WatchedKind>,
  "kind" | "unread" | "synced" | "trouble" | "movedAt" | "resourceVersion" | "start" | "stop" | "whenSynced"
>;

/** For each kind, the keys that a change of one of its objects concerns. */
export type KeysOfChanges = { readonly [K in WatchedKind]?: (object: Objects[K]) => readonly string[] };

type Reflectors = { readonly [K in WatchedKind as StoreOf<K>]: Reflector<K> };

/** The reflectors of one scope: the whole cluster, or one namespace. */
export class Watches {
  /** By the names of the caches that they fill. */
  readonly of: Reflectors;
  /** Whether these watches have come as far as our own writes in their scope. */
  readonly ownWrites: OwnWrites;

  constructor(stores: Stores, create: ReflectorFactory) {
    const reflectors = WATCHED.map((kind) => {
      const { store, ...watch } = KINDS[kind].watch;
      const { indexes: _, ...asked } = watch as {
        readonly indexes: unknown;
        readonly labelSelector?: string;
        readonly metadataOnly?: true;
      };
      const filled = stores[store] as unknown as Store<Objects[typeof kind], string>;
      return [store, create({ kind, ...asked, store: filled })] as const;
    });
    this.of = Object.fromEntries(reflectors) as unknown as Reflectors;
    this.ownWrites = new OwnWrites((kind) => this.all().find((reflector) => reflector.kind === kind)?.resourceVersion);
  }

  follow(changes: KeysOfChanges, handle: (key: string) => void): void {
    for (const kind of WATCHED) {
      const keys = changes[kind] as ((object: unknown) => readonly string[]) | undefined;
      if (keys !== undefined) this.of[KINDS[kind].watch.store].subscribe({ keys, handle });
    }
  }

  start(): void {
    for (const reflector of this.all()) reflector.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all().map((reflector) => reflector.stop()));
  }

  async whenSynced(): Promise<void> {
    await Promise.all(this.all().map((reflector) => reflector.whenSynced()));
  }

  all(): readonly AnyReflector[] {
    return Object.values(this.of) as unknown as readonly AnyReflector[];
  }
}
