import { TRIGGER_RULES, type TriggerRule } from "#api/nodes/rules.ts";
import { PipelineSpec } from "#api/pipeline.ts";

/** A node by what its place in a run depends on. */
export interface NodeSketch {
  readonly needs: readonly string[];
  readonly triggerRule?: TriggerRule;
  readonly onFailure?: "continue";
  readonly finally?: true;
}
export type Sketch = Readonly<Record<string, NodeSketch>>;

const NAMES = ["a", "b", "c"];

/** Every graph of so many nodes, each of which needs some of those before it, with every rule; with `marks` also failures that do not count and finally nodes. */
export function sketches(count: number, { marks }: { readonly marks: boolean }): Sketch[] {
  return graphs(count).flatMap((graph) => ruled(graph, marks));
}

export function specOf(nodes: Sketch, limit: number): PipelineSpec {
  const full = Object.entries(nodes).map(([name, node]) => [name, { ...node, container: {} }]);
  const retries = { limit, backoff: { initial: "0s", max: "0s" } };
  return PipelineSpec.parse({ retries, nodes: Object.fromEntries(full) });
}

type Graph = Readonly<Record<string, readonly string[]>>;

function graphs(count: number): Graph[] {
  const needs = NAMES.slice(0, count).map((_, place) =>
    product(NAMES.slice(0, place).map((before) => [[before], []])).map((list) => list.flat()),
  );
  return product(needs).map(named);
}

function ruled(graph: Graph, marks: boolean): Sketch[] {
  const choices = Object.entries(graph).map(([name, needs]) => {
    const isNeeded = Object.values(graph).some((list) => list.includes(name));
    const mark = isNeeded ? ({ onFailure: "continue" } as const) : ({ finally: true } as const);
    const rules = needs.length > 0 ? TRIGGER_RULES : (["allSucceeded"] as const);
    return rules.flatMap((triggerRule): NodeSketch[] => {
      const node = { needs, triggerRule };
      return marks ? [node, { ...node, ...mark }] : [node];
    });
  });
  return product<NodeSketch>(choices).map(named);
}

function named<T>(list: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(list.map((each, place) => [NAMES[place] as string, each]));
}

/** Every choice of one of each. */
function product<T>(choices: readonly (readonly T[])[]): T[][] {
  return choices.reduce<T[][]>((lists, next) => lists.flatMap((list) => next.map((each) => [...list, each])), [[]]);
}
