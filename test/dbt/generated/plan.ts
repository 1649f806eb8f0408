import type { Draw } from "./draw.ts";

/** Files of a project by their paths. */
export type Files = Map<string, string>;

/** Every generated relation has these columns, so that any can stand in place of any other. */
export const COLUMNS = ["id", "grp", "amount", "at"] as const;

/** What a model can read. */
export interface Input {
  /** `ref('a')`, `source('s', 't')`. */
  readonly call: string;
  readonly name: string;
  /** False for what has no relation of its own. */
  readonly isBuilt: boolean;
}

/** A project while it is drawn. */
export interface Plan {
  readonly draw: Draw;
  readonly files: Files;
  readonly inputs: Input[];
  /** What stands in dbt_project.yml, by section: settings of folders and nodes. */
  readonly settings: Readonly<Record<"models" | "seeds" | "snapshots" | "data_tests" | "sources", Tree>>;
  /** Columns that differ each time. */
  readonly volatile: Set<string>;
  /** SQL before the first step, and between the first and the second. */
  readonly before: string[];
  readonly between: string[];
}

/** A map that grows while a project is drawn. */
export interface Tree {
  [key: string]: unknown;
}

/** The map under a path of a tree, made where it is missing. */
export function branch(tree: Tree, path: readonly string[]): Tree {
  let level = tree;
  for (const part of path) {
    const next = (level[part] ?? {}) as Tree;
    level[part] = next;
    level = next;
  }
  return level;
}
