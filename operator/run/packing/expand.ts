import { ALL_UNIT, END_UNIT, type Packing, PLAN_UNIT, type Plan, unitKey, unpackPlan } from "../../api/packing.ts";
import type { PipelineNode, PipelineSpec } from "../../api/pipeline.ts";
import type { NodeStatus, PackedStatus } from "../../api/pipeline-run.ts";
import type { Graph } from "../../graph/graph.ts";

/*
 * A packed node is one node of the spec and of the stored status, and several Jobs. While a run is decided about, each of those Jobs is a
 * node of its own, `marts/plan` or `marts/stg-posts`, so that attempts, retries, limits, held starts and refusals are the same for all.
 *
 * | the packed node `marts`      | becomes the nodes                                                                       |
 * |------------------------------|-----------------------------------------------------------------------------------------|
 * | has no plan yet              | `marts/plan`, and `marts`, which needs it                                               |
 * | has a plan                   | the same, one for each unit, and `marts/end` where the plan has something to do then    |
 * | is built by one Job after all | `marts/plan`, `marts/all`, `marts`                                                     |
 *
 * `marts` itself has no Job: its state follows from those of the others (`packed-node.ts`). Those that need it wait for it as ever.
 */

/** How a node of an expanded run is a part of a packed one. */
export interface UnitFacts {
  /** The packed node. */
  readonly node: string;
  readonly unit: string;
  /** It begins when all that it needs has ended; else all must have succeeded. */
  readonly goesOn: boolean;
  /** Digest of the project that it works with; none where it reads the project itself. */
  readonly project?: string;
}

export interface Expanded {
  readonly spec: PipelineSpec;
  readonly graph: Graph;
  /** The parts of packed nodes, by their keys. */
  readonly units: ReadonlyMap<string, UnitFacts>;
  /** The keys of each packed node's parts. */
  readonly packed: ReadonlyMap<string, readonly string[]>;
}

/** How a node is packed; undefined where one Job does it. */
export function packingOf({ transform }: PipelineNode): Exclude<Packing, "run"> | undefined {
  const { packing = "run" } = transform ?? {};
  return packing === "run" ? undefined : packing;
}

interface Part extends UnitFacts {
  readonly needs: readonly string[];
}

/** The spec and the graph of a run with the parts of its packed nodes as nodes. */
export function expandCopy(
  { spec, graph }: { readonly spec: PipelineSpec; readonly graph: Graph },
  statuses: Readonly<Record<string, NodeStatus>> = {},
): Expanded {
  const names = graph.order.filter((name) => packingOf(spec.nodes[name] as PipelineNode) !== undefined);
  if (names.length === 0) return { spec, graph, units: new Map(), packed: new Map() };
  const parts = new Map(
    names.map((name) => [name, partsOf(name, statuses[name]?.packed, graph.needs.get(name) ?? [])] as const),
  );
  const nodes: Record<string, PipelineNode> = {};
  const needs = new Map<string, readonly string[]>();
  const order: string[] = [];
  for (const name of graph.order) {
    const node = spec.nodes[name] as PipelineNode;
    const own = parts.get(name);
    for (const part of own ?? []) {
      const key = unitKey(name, part.unit);
      nodes[key] = node;
      needs.set(key, part.needs);
      order.push(key);
    }
    nodes[name] = node;
    needs.set(name, own === undefined ? (graph.needs.get(name) ?? []) : own.map(({ unit }) => unitKey(name, unit)));
    order.push(name);
  }
  const units = [...parts.values()]
    .flat()
    .map(({ needs: _, ...unit }) => [unitKey(unit.node, unit.unit), unit] as const);
  const packed = [...parts].map(([name, own]) => [name, own.map(({ unit }) => unitKey(name, unit))] as const);
  return { spec: { ...spec, nodes }, graph: { order, needs }, units: new Map(units), packed: new Map(packed) };
}

/** The parts of a packed node, each behind what it needs. */
function partsOf(node: string, packed: PackedStatus | undefined, needs: readonly string[]): readonly Part[] {
  const key = (unit: string) => unitKey(node, unit);
  const part = { node, goesOn: false };
  const first = { ...part, unit: PLAN_UNIT, needs };
  if (packed?.alone !== undefined) return [first, { ...part, unit: ALL_UNIT, needs: [key(PLAN_UNIT)] }];
  const plan = planOf(packed);
  if (plan === undefined) return [first];
  const { project, units, hasEnd } = plan;
  const middle = units.map(({ name, needs: before, goesOn = false }) => {
    const others = before.flatMap((index) => key(units[index]?.name ?? PLAN_UNIT));
    return { node, unit: name, goesOn, project, needs: [key(PLAN_UNIT), ...others] };
  });
  const all = middle.map(({ unit }) => key(unit));
  const last = { node, unit: END_UNIT, goesOn: true, project, needs: [key(PLAN_UNIT), ...all] };
  return hasEnd ? [first, ...middle, last] : [first, ...middle];
}

/** The plan that a status holds; undefined where there is none, or none that this version reads. */
export function planOf(packed: PackedStatus | undefined): Plan | undefined {
  return packed?.plan === undefined ? undefined : unpackPlan(packed.plan);
}

/** The names of a packed node's parts, in the order in which its status has their states. */
export function unitNames(packed: PackedStatus | undefined): readonly string[] {
  return partsOf("", packed, []).map(({ unit }) => unit);
}
