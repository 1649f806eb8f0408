import { describe, expect, test } from "vitest";
import { CUSTOM_KINDS } from "#api/kinds/custom-kinds.ts";
import { PipelineNode } from "#api/pipeline.ts";
import { TaskWork } from "#api/task.ts";
import { VERBS } from "#api/verbs/verbs.ts";
import { CONTROLLED, cachesFor, KINDS, WATCHED } from "../../../operator/kinds/kinds.ts";
import { filesIn, readSource } from "../../tidy/source-files.ts";

const KIND_NAMES = CUSTOM_KINDS.map(({ kind }) => kind);

describe("a kind of kelt.dev", () => {
  test.each(CUSTOM_KINDS)(
    "$kind has an entry of the operator's own, which lives where the definition says",
    ({ kind, plural }) => {
      expect(KINDS).toHaveProperty(kind);
      expect(KINDS[kind as keyof typeof KINDS].resource.plural).toBe(plural);
    },
  );

  test("is decided about by kinds that are watched, if it is", () => {
    const stores = WATCHED.map((kind) => KINDS[kind].watch.store as string);
    for (const kind of CONTROLLED) {
      expect(KIND_NAMES).toContain(kind);
      expect(stores).toEqual(expect.arrayContaining([...cachesFor(kind)]));
      expect(cachesFor(kind)[0]).toBe(KINDS[kind].watch.store);
    }
  });
});

describe("a verb", () => {
  test("is a field of nodes", () => {
    for (const verb of Object.keys(VERBS)) expect(PipelineNode.shape).toHaveProperty(verb);
  });

  test("has work of the task image, or runs a program of its own", () => {
    const works = TaskWork.options.map(({ shape }) => shape.verb.value);
    const withWork = Object.entries(VERBS).flatMap(([verb, entry]) => ("work" in entry ? [verb] : []));
    expect(works.filter((verb) => verb !== "connect").sort()).toEqual(withWork.sort());
  });
});

/** Where names of kinds, or of verbs, may stand side by side: their entries. */
const ENTRIES = /^operator\/(?:kinds|api\/kinds|api\/verbs)\//;

/** A line that names two of them as values or types of a list. */
function listsOf(names: readonly string[]): RegExp {
  const name = `"(?:${names.join("|")})"`;
  return new RegExp(`${name}\\s*[|,]\\s*${name}`);
}

test.each([
  ["kinds of kelt.dev", listsOf(KIND_NAMES)],
  ["verbs", listsOf(Object.keys(VERBS))],
])("no other list of %s stands in the operator: what there is follows from the entries", (_, list) => {
  const files = filesIn("operator").filter((path) => path.endsWith(".ts") && !ENTRIES.test(path));
  const found = files.flatMap((path) =>
    readSource(path)
      .split("\n")
      .flatMap((line, index) => (list.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
