import { END_UNIT, PLAN_UNIT, unitKey } from "../../api/packing.ts";
import type { PipelineSpec } from "../../api/pipeline.ts";
import type { NodeStatus } from "../../api/pipeline-run.ts";
import type { Expanded } from "./expand.ts";

/** A run's copy with the parts of its packed nodes. */
export interface UnitsOf {
  readonly spec: PipelineSpec;
  readonly units?: Expanded["units"];
  readonly packed?: Expanded["packed"];
}

const THREADS = 4;

/**
 * How many units more of each packed node may be at work: `threads` of them are at once. One that waits for its next attempt or for room
 * keeps its place, so that a warehouse that fails gets no more work, and the status has details of so many at most.
 */
export class UnitSlots {
  readonly #units: NonNullable<UnitsOf["units"]>;
  readonly #active = new Set<string>();
  readonly #free = new Map<string, number>();
  /** Packed nodes of which a unit waits for a place. */
  readonly #full = new Set<string>();

  constructor(
    { spec, units = new Map(), packed = new Map() }: UnitsOf,
    stored: Readonly<Record<string, NodeStatus>> = {},
  ) {
    this.#units = units;
    for (const [node, keys] of packed) {
      const active = keys.filter((key) => isActive(stored[key]));
      for (const key of active) this.#active.add(key);
      // One level has as many threads of its own.
      const most = spec.nodes[node]?.transform?.threads ?? THREADS;
      this.#free.set(node, most - active.length);
    }
  }

  /** Takes a place for the Job of a node; whatever is no unit needs none, nor does one that has a place. */
  take(name: string): boolean {
    const unit = this.#units.get(name);
    if (unit === undefined || unit.unit === PLAN_UNIT || unit.unit === END_UNIT || this.#active.has(name)) return true;
    const free = this.#free.get(unit.node) ?? 0;
    if (free <= 0) this.#full.add(unit.node);
    else this.#free.set(unit.node, free - 1);
    return free > 0;
  }

  /** Whether a unit waits for a place that another one has given up in this pass. */
  hasFreed(nodes: Readonly<Record<string, NodeStatus>>): boolean {
    return [...this.#active].some((key) => {
      const unit = this.#units.get(key);
      return unit !== undefined && this.#full.has(unit.node) && !isActive(nodes[unitKey(unit.node, unit.unit)]);
    });
  }
}

/** Whether a unit has begun, or has something in its way, and has not ended. */
function isActive(status: NodeStatus | undefined): boolean {
  if (status === undefined || ["Succeeded", "Failed", "Skipped", "Cancelled"].includes(status.state)) return false;
  return status.state !== "Pending" || status.attempt !== undefined || status.reason !== undefined;
}
