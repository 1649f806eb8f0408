import { reach } from "../manifest/graph.ts";
import type { Manifest } from "../manifest/node.ts";
import type { Criterion, IndirectSelection, Selection } from "./criterion.ts";
import { findByMethod, type SelectionFacts } from "./methods.ts";

type Ids = ReadonlySet<string>;

/** What a part selects, and the tests that would come along if all that they read were selected. */
interface Selected {
  readonly direct: Ids;
  readonly indirect: Ids;
}

/**
 * The unique ids that a selection means. What is disabled is never selected, nor is a file without SQL. A test comes along with a
 * node that it reads, as the indirect selection says.
 *
 * @throws {SelectionError} for a value that its method does not know, or a selector that is not there.
 */
export function select(selection: Selection, facts: SelectionFacts): Ids {
  const { direct } = new Selector(facts).select(selection);
  return new Set([...direct].filter((id) => !isEmpty(facts.manifest, id)));
}

/** A model without SQL is a member of the graph, and nothing is made of it. */
function isEmpty({ nodes }: Manifest, id: string): boolean {
  const node = nodes.get(id);
  return node !== undefined && node.resource_type !== "seed" && node.raw_code.trim() === "";
}

class Selector {
  readonly #facts: SelectionFacts;
  readonly #members: Ids;

  constructor(facts: SelectionFacts) {
    this.#facts = facts;
    this.#members = new Set(facts.manifest.parentMap.keys());
  }

  select(selection: Selection): Selected {
    if (selection.kind === "criterion") return this.#criterion(selection);
    const parts = selection.parts.map((part) => this.select(part));
    const direct = combine(
      selection.kind,
      parts.map((part) => part.direct),
    );
    const indirect = combine(
      selection.kind,
      parts.map((part) => new Set([...part.direct, ...part.indirect])),
    );
    return { direct: this.#withTests(direct, indirect, indirectOf(selection)), indirect };
  }

  #criterion(criterion: Criterion): Selected {
    if (criterion.method === "selector") return this.#named(criterion);
    const found = new Set([...findByMethod(criterion, this.#facts)].filter((id) => this.#members.has(id)));
    const selected = new Set([...found, ...this.#around(criterion, found)]);
    if (criterion.indirect === "empty") return { direct: selected, indirect: new Set() };
    const { childMap } = this.#facts.manifest;
    const tests = [...reach(selected, childMap, 1)].filter((id) => this.#isTest(id) && !selected.has(id));
    const reachable = this.#reachable(selected, criterion.indirect);
    const comes = (id: string) => criterion.indirect === "eager" || this.#readsOnly(id, reachable);
    return {
      direct: new Set([...selected, ...tests.filter(comes)]),
      indirect: new Set(tests.filter((id) => !comes(id))),
    };
  }

  #named({ value, parents, children, childrensParents, indirect }: Criterion): Selected {
    const found = this.select(this.#facts.selectors(value));
    const criterion = { parents, children, childrensParents, indirect };
    return { ...found, direct: new Set([...found.direct, ...this.#around(criterion, found.direct)]) };
  }

  #around(
    { parents, children, childrensParents }: Pick<Criterion, "parents" | "children" | "childrensParents">,
    found: Ids,
  ): Ids {
    const { parentMap, childMap } = this.#facts.manifest;
    const around = new Set<string>();
    const add = (ids: Ids) => {
      for (const id of ids) if (this.#members.has(id)) around.add(id);
    };
    if (childrensParents) {
      const descendants = new Set([...found, ...reach(found, childMap)]);
      add(descendants);
      add(reach(descendants, parentMap));
    }
    if (parents !== undefined) add(reach(found, parentMap, parents));
    if (children !== undefined) add(reach(found, childMap, children));
    return around;
  }

  #withTests(direct: Ids, indirect: Ids, mode: IndirectSelection): Ids {
    if (mode !== "cautious" && mode !== "buildable") return direct;
    const reachable = this.#reachable(direct, mode);
    return new Set([...direct, ...[...indirect].filter((id) => this.#isTest(id) && this.#readsOnly(id, reachable))]);
  }

  /** What a test may read to come along: what is selected, with `buildable` what that reads, too. */
  #reachable(selected: Ids, mode: IndirectSelection): Ids {
    if (mode !== "buildable") return selected;
    const { parentMap, sources } = this.#facts.manifest;
    return new Set([...selected, ...reach(selected, parentMap, 1), ...sources.keys()]);
  }

  #readsOnly(id: string, reachable: Ids): boolean {
    return (this.#facts.manifest.parentMap.get(id) ?? []).every((parent) => reachable.has(parent));
  }

  #isTest(id: string): boolean {
    return this.#members.has(id) && (id.startsWith("test.") || id.startsWith("unit_test."));
  }
}

function indirectOf(selection: Selection): IndirectSelection {
  if (selection.kind === "criterion") return selection.indirect;
  const [first] = selection.parts;
  return first === undefined ? "eager" : indirectOf(first);
}

function combine(kind: "union" | "intersection" | "difference", sets: readonly Ids[]): Ids {
  const [first = new Set<string>(), ...rest] = sets;
  switch (kind) {
    case "union":
      return new Set(sets.flatMap((ids) => [...ids]));
    case "intersection":
      return new Set([...first].filter((id) => rest.every((ids) => ids.has(id))));
    case "difference":
      return new Set([...first].filter((id) => !rest.some((ids) => ids.has(id))));
    default:
      return kind satisfies never;
  }
}
