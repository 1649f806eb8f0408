import type { Manifest } from "../dbt/manifest/node.ts";
import type { Catalog } from "../dbt/run/catalog.ts";
import { type DescribedNode, describeNodes } from "./describe-nodes.ts";
import { describeTests } from "./describe-tests.ts";
import { NO_RESULT } from "./last-results.ts";
import { type ColumnLineage, projectLineage } from "./lineage/project-lineage.ts";
import type { PageCounts, PageData, PageNode, PageOrigin, PageResult } from "./page-data.ts";

/** All that a page is made of. Plain data: it is copied into the thread that makes it. */
export interface ProjectFacts {
  readonly manifest: Omit<Manifest, "macros">;
  readonly catalog: Catalog;
  /** SQL with nothing left to render, by unique id. */
  readonly compiled: ReadonlyMap<string, string>;
  readonly results: ReadonlyMap<string, PageResult>;
  /** ISO 8601 in UTC. */
  readonly writtenAt: string;
}

/** Says what a project's page shows. Nodes with `docs: {show: false}` are left out; those behind them read what they read. */
export async function describeProject(facts: ProjectFacts): Promise<PageData> {
  const { manifest, results, writtenAt } = facts;
  const described = inOrder(describeNodes(facts), manifest.parentMap);
  const places = new Map(described.map(({ node }, index) => [node.id, index] as const));
  const lineage = await projectLineage(described.flatMap(({ lineage: each }) => each ?? []));
  const tests = describeTests(facts);
  const nodes = described.map(({ node }): PageNode => {
    const known = lineage.get(node.id);
    return {
      ...node,
      parents: shownParents(node.id, manifest.parentMap, places),
      tests: tests.get(node.id) ?? [],
      result: results.get(node.id) ?? NO_RESULT,
      hasLineage: known !== undefined,
      columns: node.columns.map((column) => ({ ...column, origins: originsOf(column.name, known, places) })),
    };
  });
  const times = [...results.values()].flatMap(({ at }) => at ?? []).sort();
  return {
    project: manifest.projectName,
    warehouse: manifest.adapterType,
    writtenAt,
    resultsAt: times.at(-1) ?? null,
    overview: manifest.docs.get(`doc.${manifest.projectName}.__overview__`)?.block_contents ?? null,
    nodes,
    counts: countsOf(nodes, manifest),
  };
}

/** Nodes behind all that they read; otherwise in the order in which they came. */
function inOrder(nodes: readonly DescribedNode[], parents: Manifest["parentMap"]): readonly DescribedNode[] {
  const left = new Map(nodes.map((each) => [each.node.id, each] as const));
  const ordered: DescribedNode[] = [];
  const waiting = nodes.map(({ node }) => node.id).reverse();
  while (waiting.length > 0) {
    const id = waiting.at(-1) ?? "";
    const before = left.has(id) ? (parents.get(id) ?? []).filter((each) => left.has(each)) : [];
    if (before.length > 0) {
      waiting.push(...before);
      continue;
    }
    waiting.pop();
    const node = left.get(id);
    if (node !== undefined) ordered.push(node);
    left.delete(id);
  }
  return ordered;
}

/** The nearest nodes before it that are shown. */
function shownParents(id: string, parents: Manifest["parentMap"], places: ReadonlyMap<string, number>): number[] {
  const found = new Set<number>();
  const seen = new Set<string>();
  const waiting = [...(parents.get(id) ?? [])];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (seen.has(each)) continue;
    seen.add(each);
    const place = places.get(each);
    if (place === undefined) waiting.push(...(parents.get(each) ?? []));
    else found.add(place);
  }
  return [...found].sort((a, b) => a - b);
}

function originsOf(
  column: string,
  lineage: ColumnLineage | undefined,
  places: ReadonlyMap<string, number>,
): readonly PageOrigin[] | null {
  const origins = lineage?.get(column);
  if (origins === undefined) return null;
  const found = origins.flatMap(({ node, ...rest }) => {
    const place = places.get(node);
    return place === undefined ? [] : [{ node: place, ...rest }];
  });
  return found.length === origins.length ? found : null;
}

function countsOf(nodes: readonly PageNode[], manifest: ProjectFacts["manifest"]): PageCounts {
  const models = nodes.filter(({ kind }) => kind === "model");
  const columns = nodes.flatMap((node) => node.columns);
  const tests = [...manifest.nodes.values()].filter(({ resource_type: type }) => type === "test");
  return {
    models: models.length,
    sources: nodes.filter(({ kind }) => kind === "source").length,
    tests: tests.length + manifest.unitTests.size,
    testedModels: models.filter((model) => model.tests.length > 0).length,
    columns: columns.length,
    describedColumns: columns.filter(({ description }) => description !== "").length,
  };
}
