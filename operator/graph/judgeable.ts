import type { z } from "zod";
import type { Problem } from "./problem.ts";
import { checkSchema } from "./schema-problem.ts";

type Path = Problem["path"];

/** How often a value is looked at again: each time takes away what was wrong the time before, or what it stands in. */
const ROUNDS_MAX = 12;

/** What is left of a value where its schema is content. */
export interface Judgeable<T> {
  readonly value: T;
  /** Problems that only showed when others were gone. */
  readonly problems: readonly Problem[];
  /** Whether a problem found in the rest may come from what was taken away. */
  isDoubtful(problem: Problem): boolean;
}

/**
 * Takes out of a value everything that its schema refuses, so that the rest can be judged; undefined where nothing useful is left.
 * What was wrong in a field takes the field away, what is missing takes away what it is missing from.
 */
export function judgeableRest<T>(
  schema: z.ZodType<T>,
  value: unknown,
  root: readonly string[],
  first: readonly Problem[],
): Judgeable<T> | undefined {
  const holder = { [root.at(-1) ?? ""]: structuredClone(value) };
  const taken: Path[] = [];
  const found: Problem[] = [];
  let problems = first;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    for (const { path } of problems) {
      const gone = takeAway(holder, path.slice(root.length - 1));
      if (gone === undefined) return undefined;
      taken.push([...root.slice(0, -1), ...gone]);
    }
    const checked = checkSchema(schema, holder[root.at(-1) ?? ""], root);
    if (checked.ok) return { value: checked.value, problems: found, isDoubtful: (problem) => concerns(problem, taken) };
    problems = checked.problems;
    found.push(...problems.filter(({ path }) => !taken.some((other) => startsWith(other, path))));
  }
  return undefined;
}

/** Removes what stands at a path, or the nearest thing around it that is there. Answers its path; undefined for the whole value. */
function takeAway(holder: object, path: Path): Path | undefined {
  let parent: unknown = holder;
  let last: { readonly from: Record<string, unknown>; readonly key: string; readonly depth: number } | undefined;
  for (const [depth, key] of path.entries()) {
    if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, key)) break;
    last = { from: parent as Record<string, unknown>, key: String(key), depth };
    parent = last.from[last.key];
  }
  if (last === undefined || last.depth === 0) return undefined;
  if (Array.isArray(last.from)) last.from.splice(Number(last.key), 1);
  else delete last.from[last.key];
  return path.slice(0, last.depth + 1);
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((key, index) => String(path[index]) === String(key));
}

/**
 * A problem of the same node, connection or field of the spec as something that was taken away, or one that speaks of it: of a node that
 * lacks a field alone, others speak as before.
 */
function concerns({ path, message }: Problem, taken: readonly Path[]): boolean {
  const words = message.split(/[^\w-]+/);
  return taken.some(([, field = "", name, ...inner]) => {
    const touched = String((field === "nodes" || field === "connections" ? name : undefined) ?? field);
    const isWhole = field !== "nodes" || inner.length === 0;
    return path.map(String).includes(touched) || (isWhole && words.includes(touched));
  });
}
