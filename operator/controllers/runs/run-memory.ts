import type { Facts, Refusal } from "../../run/facts.ts";
import { type JobOwner, KnownJobs } from "../jobs/known-jobs.ts";
import type { Seal } from "../jobs/seal.ts";
import { Sightings } from "../jobs/sightings.ts";
import { Strangers } from "../jobs/strangers.ts";
import { CreationPace } from "./creation-pace.ts";
import { OddEnds, type OddEndsServices } from "./odd-ends.ts";
import { RunStatusWrites } from "./run-status-writer.ts";

/** What this process remembers of a run between reconciles. Losing it costs time, never correctness. */
export interface RunMemory {
  readonly uid: string;
  readonly refusals: Map<string, Refusal>;
  /** How fast it asks for its Jobs. */
  readonly pace: CreationPace;
  /** When it first saw what Jobs and Pods say. */
  readonly sightings: Sightings;
  readonly known: KnownJobs;
  /** Nodes whose Job was held in vain, or could not be. */
  readonly spent: Set<string>;
  readonly strangers: Strangers;
  readonly oddEnds: OddEnds;
  /** Names of Jobs that no watch shows, because somebody took our label away: they are asked for. */
  unwatched: readonly string[];
  readonly writes: RunStatusWrites;
  /** What is in the way of Jobs and pods, and when that was asked. */
  troubles: Facts["troubles"];
  troublesAskedAt: number;
}

/** What a process knows of a run that it has not met before. */
export function newMemory(owner: JobOwner, services: OddEndsServices & { readonly seal: Seal }): RunMemory {
  return {
    uid: owner.owner,
    refusals: new Map(),
    pace: new CreationPace(),
    sightings: new Sightings(),
    known: new KnownJobs(owner, services.seal),
    spent: new Set(),
    strangers: new Strangers(services),
    oddEnds: new OddEnds(services),
    unwatched: [],
    writes: new RunStatusWrites(),
    troubles: new Map(),
    troublesAskedAt: Number.NEGATIVE_INFINITY,
  };
}
