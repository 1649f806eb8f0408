import type { TestNode, UnitTest } from "../dbt/manifest/node.ts";
import { type DataMap, own } from "../dbt/project/data.ts";
import type { ProjectFacts } from "./describe-project.ts";
import { textOf } from "./facts.ts";
import { NO_RESULT } from "./last-results.ts";
import type { PageTest } from "./page-data.ts";

/** The tests of each node, by its unique id. A test of its own is one of every node that it reads. */
export function describeTests(facts: ProjectFacts): ReadonlyMap<string, readonly PageTest[]> {
  const found = new Map<string, PageTest[]>();
  const add = (ids: readonly string[], test: PageTest) => {
    for (const id of new Set(ids)) found.set(id, [...(found.get(id) ?? []), test]);
  };
  for (const node of facts.manifest.nodes.values()) {
    if (node.resource_type === "test") add(ownersOf(node), describeTest(node, facts));
  }
  for (const test of facts.manifest.unitTests.values()) add(test.depends_on.nodes, describeUnitTest(test, facts));
  return found;
}

/** A generic test is one of the node that asks for it, whatever else it reads. */
function ownersOf({ attached_node: attached, test_metadata: metadata, depends_on: { nodes } }: TestNode) {
  if (attached !== null) return [attached];
  return metadata === undefined ? nodes : nodes.slice(0, 1);
}

function describeTest(node: TestNode, { compiled, results }: ProjectFacts): PageTest {
  const { unique_id: id, test_metadata: metadata, column_name: column, config } = node;
  const owner = metadata?.namespace === undefined || metadata.namespace === null ? "" : `${metadata.namespace}.`;
  return {
    id,
    name: metadata === undefined ? node.name : `${owner}${metadata.name}`,
    column,
    given: metadata === undefined ? "" : givenTo(metadata.kwargs, config),
    isUnitTest: false,
    severity: textOf(own(config, "severity")).toLowerCase() === "warn" ? "warn" : "error",
    description: node.description,
    path: node.original_file_path,
    sql: compiled.get(id) ?? null,
    result: results.get(id) ?? NO_RESULT,
  };
}

const OF_THE_TEST = new Set(["model", "column_name"]);

/** What a generic test was called with beside its model and column. */
function givenTo(kwargs: DataMap, config: DataMap): string {
  const said = Object.entries(kwargs).filter(([key]) => !OF_THE_TEST.has(key));
  const where = own(config, "where");
  const all = where === undefined || where === null ? said : [...said, ["where", where] as const];
  return all.map(([key, value]) => `${key}: ${textOf(value)}`).join("; ");
}

function describeUnitTest(test: UnitTest, { results }: ProjectFacts): PageTest {
  return {
    id: test.unique_id,
    name: test.name,
    column: null,
    given: "",
    isUnitTest: true,
    severity: "error",
    description: test.description,
    path: test.original_file_path,
    sql: null,
    result: results.get(test.unique_id) ?? NO_RESULT,
  };
}
