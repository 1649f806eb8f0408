import type { PageData, PageNode, PageResult, PageTest, ResultState } from "../../../task-image/docs/page-data.ts";

export function aResult(state: ResultState, more: Partial<PageResult> = {}): PageResult {
  return { state, message: "", at: null, seconds: null, rows: null, failures: null, age: null, ...more };
}

export function aPageTest(state: ResultState, more: Partial<PageTest> = {}): PageTest {
  return {
    ...{
      id: "test.shop.t",
      name: "unique",
      column: "id",
      given: "",
      isUnitTest: false,
      severity: "error",
      description: "",
    },
    ...{ path: "models/schema.yml", sql: null, result: aResult(state) },
    ...more,
  };
}

export function aPageNode(name: string, more: Partial<PageNode> = {}): PageNode {
  return {
    ...{ id: `model.shop.${name}`, name, kind: "model", form: "table", path: `models/${name}.sql`, relation: null },
    ...{
      description: "",
      tags: [],
      facts: [],
      columns: [],
      isBuilt: true,
      sql: null,
      compiled: null,
      parents: [],
      tests: [],
    },
    ...{ result: aResult("none"), hasLineage: false },
    ...more,
  };
}

export function aPage(...nodes: readonly PageNode[]): PageData {
  return {
    ...{
      project: "shop",
      warehouse: "postgres",
      writtenAt: "2026-12-01T06:02:00Z",
      resultsAt: null,
      overview: null,
      nodes,
    },
    counts: { models: 0, sources: 0, tests: 0, testedModels: 0, columns: 0, describedColumns: 0 },
  };
}
