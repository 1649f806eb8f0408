import { Connection } from "./connection.ts";
import { ControllerRevision } from "./controller-revision.ts";
import { Event } from "./event.ts";
import { Job } from "./job.ts";
import type { KindEntry } from "./kind.ts";
import { Lease } from "./lease.ts";
import { NodeReport } from "./node-report.ts";
import { Pipeline } from "./pipeline.ts";
import { PipelineRun } from "./pipeline-run.ts";
import { Pod } from "./pod.ts";

/** Every kind that the operator speaks of: where it lives, what is done with it, what of it is kept, how it is watched. */
export const KINDS = {
  Pipeline,
  PipelineRun,
  Connection,
  NodeReport,
  ControllerRevision,
  Job,
  Pod,
  Event,
  Lease,
} as const;
export type Kind = keyof typeof KINDS;

/** What the objects of each kind look like. */
export type Objects = { readonly [K in Kind]: ReturnType<(typeof KINDS)[K]["project"]> };

/** The kinds that have a cache, and the indexes of its store. */
export type WatchedKind = { [K in Kind]: (typeof KINDS)[K] extends { watch: object } ? K : never }[Kind];
export type StoreOf<K extends WatchedKind> = (typeof KINDS)[K]["watch"]["store"];
export type IndexOf<K extends WatchedKind> = keyof (typeof KINDS)[K]["watch"]["indexes"] & string;

export const WATCHED = (Object.keys(KINDS) as Kind[]).filter((kind): kind is WatchedKind => "watch" in KINDS[kind]);

/** The kinds whose objects are decided about. That work has the name of their caches. */
export type ControlledKind = {
  [K in WatchedKind]: (typeof KINDS)[K] extends { decidedBy: object } ? K : never;
}[WatchedKind];
export type Work = StoreOf<ControlledKind>;

export const CONTROLLED = WATCHED.filter((kind): kind is ControlledKind => "decidedBy" in KINDS[kind]);
export const WORKS: readonly Work[] = CONTROLLED.map((kind) => KINDS[kind].watch.store);

/** The caches that the work on a kind's objects needs, its own first. */
export function cachesFor(kind: ControlledKind): readonly StoreOf<WatchedKind>[] {
  return [kind, ...KINDS[kind].decidedBy].map((one) => KINDS[one].watch.store);
}

/** The entry of a kind, as wide as every entry is. */
export function entryOf<K extends Kind>(kind: K): KindEntry<Objects[K]> {
  return KINDS[kind] as unknown as KindEntry<Objects[K]>;
}

/** What a cache keeps of an object. */
export function project<K extends Kind>(kind: K, object: Objects[K]): Objects[K] {
  return entryOf(kind).project(object);
}

/** `v1` for the core group, `<group>/<version>` for every other one. */
export function apiVersion(kind: Kind): string {
  const { group, version } = KINDS[kind].resource;
  return group === "" ? version : `${group}/${version}`;
}
