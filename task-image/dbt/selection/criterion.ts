import { nearest } from "../../jinja/suggestion.ts";

/** How tests come along with the nodes that they test: dbt's `--indirect-selection`. */
export const INDIRECT_SELECTIONS = ["eager", "cautious", "buildable", "empty"] as const;
export type IndirectSelection = (typeof INDIRECT_SELECTIONS)[number];

export const METHODS = [
  "fqn",
  "tag",
  "group",
  "access",
  "source",
  "path",
  "file",
  "package",
  "config",
  "test_name",
  "test_type",
  "resource_type",
  "state",
  "exposure",
  "unit_test",
  "result",
  "source_status",
  "version",
  "selector",
] as const;
export type Method = (typeof METHODS)[number];

/** One word of a selection: a method with its value, and how far around what it finds. */
export interface Criterion {
  readonly kind: "criterion";
  readonly method: Method;
  /** What stands behind the method's name: `["meta", "owner"]` of `config.meta.owner:me`. */
  readonly arguments: readonly string[];
  readonly value: string;
  /** How many steps up: undefined for none, Infinity for all. */
  readonly parents: number | undefined;
  readonly children: number | undefined;
  /** `@`: descendants and all of their ancestors. */
  readonly childrensParents: boolean;
  readonly indirect: IndirectSelection;
}

/** What is selected: sets of ids that are united, intersected, or of which the first is left without the others. */
export type Selection =
  | Criterion
  | { readonly kind: "union" | "intersection" | "difference"; readonly parts: readonly Selection[] };

/** A selection cannot be read. `message` says why and what to write. */
export class SelectionError extends Error {
  override readonly name = "SelectionError";
}

const CRITERION =
  /^(?<childrensParents>@)?(?<parents>(?<parentsDepth>\d*)\+)?(?:(?<method>[\w.]+):)?(?<value>.*?)(?<children>\+(?<childrenDepth>\d*))?$/s;

/**
 * Reads `2+tag:nightly+`, `@source:raw.films`, `config.meta.owner:me`, a name or a path.
 *
 * @throws {SelectionError} where dbt has no such method, or two ways to go up are asked for at once.
 */
export function readCriterion(text: string, indirect: IndirectSelection): Criterion {
  const found = CRITERION.exec(text)?.groups ?? {};
  const value = found.value ?? "";
  if (found.childrensParents !== undefined && found.children !== undefined) {
    throw new SelectionError(`'${text}': '@' goes down and up already, remove the '+' at the end`);
  }
  return {
    kind: "criterion",
    ...readMethod(found.method ?? defaultMethod(value), text),
    value,
    parents: depth(found.parents, found.parentsDepth),
    children: depth(found.children, found.childrenDepth),
    childrensParents: found.childrensParents !== undefined,
    indirect,
  };
}

/** `config.meta.owner` is the method config with two arguments. */
export function readMethod(written: string, text: string): Pick<Criterion, "method" | "arguments"> {
  const [name = "", ...rest] = written.split(".");
  const method = METHODS.find((each) => each === name);
  if (method === undefined) {
    throw new SelectionError(
      `'${text}': there is no method '${name}'${nearest(name, METHODS)}; known are ${METHODS.join(", ")}`,
    );
  }
  return { method, arguments: rest };
}

/** What dbt takes a word without a method for: a path, a file or a name. */
export function defaultMethod(value: string): Method {
  if (/[/\\]/.test(value)) return "path";
  return /\.(?:sql|py|csv)$/i.test(value) ? "file" : "fqn";
}

function depth(found: string | undefined, digits: string | undefined): number | undefined {
  if (found === undefined) return undefined;
  return digits === undefined || digits === "" ? Number.POSITIVE_INFINITY : Number(digits);
}
