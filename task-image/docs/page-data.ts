/*
 * What the page of a project knows: everything that it shows is in it, and no value of a row. The command writes it into the page as JSON.
 */

export interface PageData {
  readonly project: string;
  /** `postgres`. */
  readonly warehouse: string;
  /** When it was written: ISO 8601 in UTC. */
  readonly writtenAt: string;
  /** When the newest result came in; null where there is none. */
  readonly resultsAt: string | null;
  /** The project's own block `__overview__`, in Markdown. */
  readonly overview: string | null;
  /** In the order of the graph: what a node reads stands before it. */
  readonly nodes: readonly PageNode[];
  readonly counts: PageCounts;
}

export interface PageCounts {
  readonly models: number;
  readonly sources: number;
  readonly tests: number;
  /** Models that have a test. */
  readonly testedModels: number;
  readonly columns: number;
  readonly describedColumns: number;
}

export type NodeKind = "source" | "seed" | "model" | "snapshot" | "analysis" | "exposure";

/** How something ended last; `none` where no result is known. */
export type ResultState = "succeeded" | "warned" | "failed" | "skipped" | "late" | "none";

export interface PageNode {
  readonly id: string;
  readonly name: string;
  readonly kind: NodeKind;
  /** `view`, `incremental`, `dashboard`: what kind of its kind. */
  readonly form: string;
  readonly path: string;
  /** As SQL writes it. */
  readonly relation: string | null;
  /** Markdown. */
  readonly description: string;
  readonly tags: readonly string[];
  /** What else is said of it, as label and text. */
  readonly facts: readonly (readonly [string, string])[];
  readonly columns: readonly PageColumn[];
  /** Whether the database has it: null where it was not asked. */
  readonly isBuilt: boolean | null;
  /** As it is written; null for what has no SQL. */
  readonly sql: string | null;
  /** As the database gets it; null where it was not rendered, or nothing was to be rendered. */
  readonly compiled: string | null;
  /** Places in the list of nodes. */
  readonly parents: readonly number[];
  readonly tests: readonly PageTest[];
  readonly result: PageResult;
  /** Whether its SQL could be read for the origins of its columns. */
  readonly hasLineage: boolean;
}

export interface PageColumn {
  readonly name: string;
  readonly type: string | null;
  /** Markdown. */
  readonly description: string;
  /** `not null`, `primary key`, tags of the column. */
  readonly marks: readonly string[];
  /** The columns that its value comes from; null where that is not known. */
  readonly origins: readonly PageOrigin[] | null;
}

export interface PageOrigin {
  /** The place of the node. */
  readonly node: number;
  readonly column: string;
  /** The value as it is there; else it is computed. */
  readonly isSame: boolean;
}

export interface PageTest {
  readonly id: string;
  /** `not_null`, or the name of a test of its own. */
  readonly name: string;
  readonly column: string | null;
  /** What it was called with: `values: MOVIE, SHOW`. */
  readonly given: string;
  readonly isUnitTest: boolean;
  readonly severity: "error" | "warn";
  /** Markdown. */
  readonly description: string;
  readonly path: string;
  readonly sql: string | null;
  readonly result: PageResult;
}

export interface PageResult {
  readonly state: ResultState;
  /** What the database or dbt said. */
  readonly message: string;
  /** ISO 8601 in UTC. */
  readonly at: string | null;
  readonly seconds: number | null;
  /** Rows that a model wrote. */
  readonly rows: number | null;
  /** Rows that break a test. */
  readonly failures: number | null;
  /** Seconds between a source's newest row and the check. */
  readonly age: number | null;
}
