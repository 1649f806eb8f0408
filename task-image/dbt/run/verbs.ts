import type { ResourceType } from "../manifest/node.ts";

/** What becomes of a node that a command takes: it is run, only compiled, or, a source, asked how old its rows are. */
export type Doing = "run" | "compile" | "freshness";

interface Verb {
  readonly does: Doing;
  /** Kinds of nodes that it takes. */
  readonly takes: readonly ResourceType[];
}

/** dbt's commands. `docs` asks for the catalog behind its nodes. */
export const VERBS = {
  build: { does: "run", takes: ["seed", "model", "snapshot", "test", "unit_test", "exposure"] },
  run: { does: "run", takes: ["model"] },
  test: { does: "run", takes: ["test", "unit_test"] },
  seed: { does: "run", takes: ["seed"] },
  snapshot: { does: "run", takes: ["snapshot"] },
  compile: { does: "compile", takes: ["seed", "model", "snapshot", "test", "analysis"] },
  docs: { does: "compile", takes: ["seed", "model", "snapshot", "test", "analysis"] },
  freshness: { does: "freshness", takes: ["source"] },
} as const satisfies Readonly<Record<string, Verb>>;
export type DbtCommand = keyof typeof VERBS;

export function isTakenBy(command: DbtCommand, type: ResourceType): boolean {
  const { takes }: Verb = VERBS[command];
  return takes.includes(type);
}
