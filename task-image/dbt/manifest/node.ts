import type { Data, DataMap } from "../project/data.ts";

/** Types of what has a unique id, as manifest.json v12 names them. */
export type ResourceType =
  | "model"
  | "seed"
  | "snapshot"
  | "test"
  | "analysis"
  | "operation"
  | "unit_test"
  | "source"
  | "exposure"
  | "group"
  | "macro"
  | "doc";

/** The keys that everything of a manifest has. Paths begin at the folder of the package. */
export interface Resource {
  readonly unique_id: string;
  readonly name: string;
  readonly resource_type: ResourceType;
  readonly package_name: string;
  /** Below the resource's folder (`staging/stg_films.sql`); `original_file_path` begins with that folder (`models/staging/…`). */
  readonly path: string;
  readonly original_file_path: string;
}

/** `ref('package', 'name', v=2)`: the package is null where none is named. */
export interface RefArgs {
  readonly name: string;
  readonly package: string | null;
  readonly version: Version | null;
}

/** A model's version: YAML writes numbers or text. */
export type Version = bigint | number | string;

/** Unique ids, in the order in which they were met. */
export interface DependsOn {
  readonly macros: readonly string[];
  readonly nodes: readonly string[];
}

export interface Hook {
  readonly sql: string;
  readonly transaction: boolean;
  readonly index: bigint | null;
}

/** A column as a properties file describes it. */
export interface ColumnInfo {
  readonly name: string;
  readonly description: string;
  readonly meta: DataMap;
  readonly data_type: string | null;
  readonly constraints: readonly DataMap[];
  readonly quote: boolean | null;
  readonly config: { readonly meta: DataMap; readonly tags: readonly string[] };
  readonly tags: readonly string[];
  readonly granularity: string | null;
  readonly doc_blocks: readonly string[];
}

/** What models, seeds, snapshots, tests, analyses and hooks share. The run adds what it learns: see {@link Compiled}. */
export interface ParsedNode extends Resource {
  readonly fqn: readonly string[];
  readonly alias: string;
  readonly database: string;
  readonly schema: string;
  readonly checksum: { readonly name: string; readonly checksum: string };
  /** Every setting, dbt's defaults included, under dbt's names (`pre-hook`, `materialized`, …) and any that the project invents. */
  readonly config: DataMap;
  /** Settings as they were written, without defaults: what `state:modified` compares. */
  readonly unrendered_config: DataMap;
  readonly tags: readonly string[];
  readonly meta: DataMap;
  readonly description: string;
  readonly doc_blocks: readonly string[];
  readonly columns: Readonly<Record<string, ColumnInfo>>;
  readonly group: string | null;
  readonly docs: { readonly show: boolean; readonly node_color: string | null };
  /** `package://models/schema.yml`. */
  readonly patch_path: string | null;
  readonly build_path: string | null;
  readonly created_at: number;
  /** As SQL writes it; null where the node makes no relation. */
  readonly relation_name: string | null;
  readonly raw_code: string;
  readonly language: "sql";
  readonly refs: readonly RefArgs[];
  /** `[source, table]`. */
  readonly sources: readonly (readonly [string, string])[];
  readonly metrics: readonly (readonly string[])[];
  readonly functions: readonly (readonly string[])[];
  readonly depends_on: DependsOn;
  readonly compiled_path: string | null;
  readonly contract: Contract;
}

export interface Contract {
  readonly enforced: boolean;
  readonly alias_types: boolean;
  readonly checksum: string | null;
}

/** What compilation adds to a node. */
export interface Compiled {
  readonly compiled: true;
  readonly compiled_code: string;
  readonly extra_ctes_injected: boolean;
  readonly extra_ctes: readonly { readonly id: string; readonly sql: string }[];
}

export type Access = "private" | "protected" | "public";

export interface ModelNode extends ParsedNode {
  readonly resource_type: "model";
  readonly access: Access;
  readonly constraints: readonly DataMap[];
  readonly version: Version | null;
  readonly latest_version: Version | null;
  readonly deprecation_date: string | null;
  readonly primary_key: readonly string[];
  readonly time_spine: DataMap | null;
}

export interface SeedNode extends ParsedNode {
  readonly resource_type: "seed";
  /** Where the package lies: the file is read when the seed runs. */
  readonly root_path: string | null;
}

export interface SnapshotNode extends ParsedNode {
  readonly resource_type: "snapshot";
}

export interface AnalysisNode extends ParsedNode {
  readonly resource_type: "analysis";
}

/** One statement of on-run-start or on-run-end. */
export interface OperationNode extends ParsedNode {
  readonly resource_type: "operation";
  /** Its place in the list. */
  readonly index: bigint;
}

/** A singular test, or a generic one, which has `test_metadata`. */
export interface TestNode extends ParsedNode {
  readonly resource_type: "test";
  readonly test_metadata?: TestMetadata;
  readonly column_name: string | null;
  readonly file_key_name: string | null;
  /** Unique id of the model, seed or snapshot under test; null for sources. */
  readonly attached_node: string | null;
}

export interface TestMetadata {
  readonly name: string;
  /** `model` is `{{ get_where_subquery(ref('films')) }}`. Templates in values are rendered when the test runs. */
  readonly kwargs: DataMap;
  readonly namespace: string | null;
}

export type ManifestNode = ModelNode | SeedNode | SnapshotNode | AnalysisNode | OperationNode | TestNode;

export interface SourceDefinition extends Resource {
  readonly resource_type: "source";
  readonly fqn: readonly string[];
  readonly database: string;
  readonly schema: string;
  readonly identifier: string;
  readonly source_name: string;
  readonly source_description: string;
  readonly loader: string;
  readonly quoting: Quoting;
  readonly loaded_at_field: string | null;
  readonly loaded_at_query: string | null;
  readonly freshness: DataMap | null;
  readonly external: DataMap | null;
  readonly description: string;
  readonly columns: Readonly<Record<string, ColumnInfo>>;
  readonly meta: DataMap;
  readonly source_meta: DataMap;
  readonly tags: readonly string[];
  readonly config: DataMap;
  readonly patch_path: string | null;
  readonly unrendered_config: DataMap;
  readonly relation_name: string;
  readonly created_at: number;
  readonly unrendered_database: string | null;
  readonly unrendered_schema: string | null;
  readonly doc_blocks: readonly string[];
}

/** Which parts of a name are quoted; null where nothing says so, and the adapter decides. */
export interface Quoting {
  readonly database: boolean | null;
  readonly schema: boolean | null;
  readonly identifier: boolean | null;
  readonly column: boolean | null;
}

export interface Exposure extends Resource {
  readonly resource_type: "exposure";
  readonly fqn: readonly string[];
  readonly type: string;
  readonly owner: DataMap;
  readonly description: string;
  readonly label: string | null;
  readonly maturity: string | null;
  readonly meta: DataMap;
  readonly tags: readonly string[];
  readonly config: DataMap;
  readonly unrendered_config: DataMap;
  readonly url: string | null;
  readonly depends_on: DependsOn;
  readonly refs: readonly RefArgs[];
  readonly sources: readonly (readonly [string, string])[];
  readonly metrics: readonly (readonly string[])[];
  readonly created_at: number;
}

export interface Group extends Resource {
  readonly resource_type: "group";
  readonly owner: DataMap;
  readonly description: string | null;
  readonly config: DataMap;
}

/** Rows of a unit test: `dict` has maps, `csv` and `sql` have text. */
export interface UnitTestRows {
  readonly rows: readonly DataMap[] | string | null;
  readonly format: "dict" | "csv" | "sql";
  readonly fixture: string | null;
}

export interface UnitTest extends Resource {
  readonly resource_type: "unit_test";
  readonly fqn: readonly string[];
  readonly model: string;
  /** `input` is `ref('films')`, `source('raw', 'films')` or `this`. */
  readonly given: readonly (UnitTestRows & { readonly input: string })[];
  readonly expect: UnitTestRows;
  readonly overrides: { readonly macros: DataMap; readonly vars: DataMap; readonly env_vars: DataMap } | null;
  readonly depends_on: DependsOn;
  readonly description: string;
  readonly config: DataMap;
  readonly checksum: string | null;
  readonly schema: string;
  readonly created_at: number;
  readonly versions: Data;
  readonly version: Version | null;
}

export interface DocBlock extends Resource {
  readonly resource_type: "doc";
  readonly block_contents: string;
}

/** A macro of manifest.json. Its text is with the macro library. */
export interface MacroNode extends Resource {
  readonly resource_type: "macro";
  readonly macro_sql: string;
  readonly depends_on: { readonly macros: readonly string[] };
  readonly description: string;
  readonly meta: DataMap;
  readonly docs: { readonly show: boolean; readonly node_color: string | null };
  readonly patch_path: string | null;
  readonly arguments: readonly DataMap[];
  readonly created_at: number;
  readonly supported_languages: readonly string[] | null;
}

/** A project as dbt knows it after reading. Keys of the maps are unique ids. */
export interface Manifest {
  readonly projectName: string;
  readonly adapterType: string;
  readonly nodes: ReadonlyMap<string, ManifestNode>;
  readonly sources: ReadonlyMap<string, SourceDefinition>;
  readonly exposures: ReadonlyMap<string, Exposure>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly unitTests: ReadonlyMap<string, UnitTest>;
  readonly docs: ReadonlyMap<string, DocBlock>;
  readonly macros: ReadonlyMap<string, MacroNode>;
  /** What `enabled: false` leaves out of the graph; several nodes may share an id. */
  readonly disabled: ReadonlyMap<string, readonly (ManifestNode | SourceDefinition | Exposure | UnitTest)[]>;
  /** What a node reads, and who reads it: nodes, sources, exposures and unit tests. */
  readonly parentMap: ReadonlyMap<string, readonly string[]>;
  readonly childMap: ReadonlyMap<string, readonly string[]>;
}
