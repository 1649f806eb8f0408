import { collectProblem, type Problem, ProblemError } from "../../jinja/problem.ts";
import type { Scope } from "../../jinja/running/scope.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import { renderYaml } from "../project/rendered-yaml.ts";
import { type DataPath, readYaml, type YamlDocument } from "../project/yaml-document.ts";
import {
  type Criterion,
  defaultMethod,
  INDIRECT_SELECTIONS,
  type IndirectSelection,
  readCriterion,
  readMethod,
  type Selection,
  SelectionError,
} from "./criterion.ts";
import { SELECTORS_FILE } from "./selectors-path.ts";

/** Selections that a project gives names to. */
export interface Selectors {
  /** @throws {SelectionError} where there is no selector of that name. */
  readonly find: (name: string) => Selection;
  /** The one that is taken where nothing is selected. */
  readonly byDefault: Selection | undefined;
}

/** The selectors of a project: none where it has no such file, or where the file is a problem. */
export function projectSelectors(text: string | undefined, scope: Scope, problems: Problem[]): Selectors {
  const none: Selectors = { find: (name) => missing(name, []), byDefault: undefined };
  if (text === undefined) return none;
  return collectProblem(problems, () => readSelectors(SELECTORS_FILE, text, scope)) ?? none;
}

/**
 * Reads selectors.yml.
 *
 * @throws {ProblemError} for what cannot be read, with its place.
 */
export function readSelectors(
  file: string,
  text: string,
  scope: Scope,
  indirect: IndirectSelection = "eager",
): Selectors {
  const reader = new SelectorReader(readYaml(file, text), scope, indirect);
  return reader.read();
}

interface NamedSelection {
  readonly name: string;
  readonly selection: Selection;
  readonly isDefault: boolean;
  readonly path: DataPath;
}

class SelectorReader {
  readonly #document: YamlDocument;
  readonly #value: Data;
  readonly #indirect: IndirectSelection;

  constructor(document: YamlDocument, scope: Scope, indirect: IndirectSelection) {
    this.#document = document;
    this.#indirect = indirect;
    this.#value = renderYaml(document.value, [], { document, scope, isRendered: () => true });
  }

  read(): Selectors {
    const list = isMap(this.#value) ? (own(this.#value, "selectors") ?? []) : [];
    if (!Array.isArray(list)) return this.#fail(["selectors"], "selectors: expected a list");
    const named = list.map((entry: Data, index) => this.#entry(entry, ["selectors", index]));
    const found = new Map<string, Selection>();
    for (const { name, selection, path } of named) {
      if (found.has(name)) this.#fail(path, `there are two selectors '${name}': rename one`);
      found.set(name, selection);
    }
    const [byDefault, second] = named.filter(({ isDefault }) => isDefault);
    if (second !== undefined) this.#fail(second.path, "two selectors are the default: only one can be");
    return { find: (name) => found.get(name) ?? missing(name, found.keys()), byDefault: byDefault?.selection };
  }

  #entry(entry: Data, path: DataPath): NamedSelection {
    const { name, definition, default: isDefault } = isMap(entry) ? entry : {};
    if (typeof name !== "string") return this.#fail(path, "selector: expected a name");
    if (definition === undefined) return this.#fail(path, `selector '${name}': expected a definition`);
    return {
      name,
      path,
      isDefault: isDefault === true,
      selection: this.#definition(definition, [...path, "definition"]),
    };
  }

  #definition(definition: Data, path: DataPath): Selection {
    if (typeof definition === "string") return this.#reading(path, () => readCriterion(definition, this.#indirect));
    if (!isMap(definition)) return this.#fail(path, "expected text, 'union', 'intersection' or 'method' and 'value'");
    for (const kind of ["union", "intersection"] as const) {
      const parts = own(definition, kind);
      if (parts !== undefined) return this.#combination(kind, parts, [...path, kind]);
    }
    const criterion = this.#criterion(definition, path);
    return this.#without(criterion, own(definition, "exclude"), [...path, "exclude"]);
  }

  #combination(kind: "union" | "intersection", written: Data, path: DataPath): Selection {
    if (!Array.isArray(written)) return this.#fail(path, `${kind}: expected a list`);
    const parts: Selection[] = [];
    let excluded: { readonly value: Data; readonly path: DataPath } | undefined;
    for (const [index, part] of (written as readonly Data[]).entries()) {
      const exclude = isMap(part) && !("method" in part) ? own(part, "exclude") : undefined;
      if (exclude === undefined) parts.push(this.#definition(part, [...path, index]));
      else if (excluded === undefined) excluded = { value: exclude, path: [...path, index, "exclude"] };
      else return this.#fail([...path, index], `${kind}: expected one 'exclude', found two`);
    }
    return this.#without({ kind, parts }, excluded?.value, excluded?.path ?? path);
  }

  #without(selection: Selection, exclude: Data | undefined, path: DataPath): Selection {
    if (exclude === undefined) return selection;
    if (!Array.isArray(exclude)) return this.#fail(path, "exclude: expected a list");
    const parts = exclude.map((part: Data, index) => this.#definition(part, [...path, index]));
    return { kind: "difference", parts: [selection, { kind: "union", parts }] };
  }

  #criterion(definition: DataMap, path: DataPath): Criterion {
    const [key = "", ...others] = Object.keys(definition);
    const isShort = others.length === 0 && key !== "method";
    const method = isShort ? key : own(definition, "method");
    const value = isShort ? definition[key] : own(definition, "value");
    if (value === undefined || value === null) return this.#fail(path, "expected 'method' and 'value'");
    const depthOf = (name: "parents" | "children") => {
      if (own(definition, name) !== true) return undefined;
      const depth = own(definition, `${name}_depth`);
      return depth === undefined ? Number.POSITIVE_INFINITY : Number(depth);
    };
    return {
      kind: "criterion",
      ...this.#reading(path, () =>
        readMethod(String(method ?? defaultMethod(String(value))), `${method}:${String(value)}`),
      ),
      value: String(value),
      parents: depthOf("parents"),
      children: depthOf("children"),
      childrensParents: own(definition, "childrens_parents") === true,
      indirect: this.#indirectOf(own(definition, "indirect_selection"), path),
    };
  }

  #indirectOf(written: Data | undefined, path: DataPath): IndirectSelection {
    if (written === undefined) return this.#indirect;
    const found = INDIRECT_SELECTIONS.find((each) => each === written);
    return found ?? this.#fail(path, `indirect_selection: expected one of ${INDIRECT_SELECTIONS.join(", ")}`);
  }

  #reading<T>(path: DataPath, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof SelectionError) this.#fail(path, error.message);
      throw error;
    }
  }

  #fail(path: DataPath, message: string): never {
    throw new ProblemError(message, this.#document.position(path));
  }
}

function missing(name: string, known: Iterable<string>): never {
  throw new SelectionError(`there is no selector '${name}' in ${SELECTORS_FILE}${nearest(name, known)}`);
}
