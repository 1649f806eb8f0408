import type { Manifest, ManifestNode, SourceDefinition } from "../../../task-image/dbt/manifest/node.ts";
import type { Data, DataMap } from "../../../task-image/dbt/project/data.ts";

const PACKAGE = "shop";

/** A node of a project, as a test writes it; what is missing has dbt's defaults. */
export interface NodeSpec {
  readonly type?: "model" | "seed" | "snapshot" | "test" | "operation";
  readonly name: string;
  /** The file's text. What it refers to by `ref('…')` it depends on. */
  readonly sql?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly columns?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly constraints?: readonly unknown[];
  readonly description?: string;
  /** For generic tests: the test's name, and what it is called with. */
  readonly test?: { readonly name: string; readonly kwargs: DataMap };
  readonly schema?: string;
  readonly tags?: readonly string[];
}

export interface SourceSpec {
  readonly source: string;
  readonly table: string;
  readonly schema: string;
}

const SHARED_CONFIG = {
  enabled: true,
  alias: null,
  schema: null,
  database: null,
  tags: [],
  meta: {},
  group: null,
  "pre-hook": [],
  "post-hook": [],
  persist_docs: {},
  quoting: {},
  column_types: {},
  full_refresh: null,
  unique_key: null,
  on_schema_change: "ignore",
  on_configuration_change: "apply",
  grants: {},
  packages: [],
  docs: { show: true, node_color: null },
  contract: { enforced: false, alias_types: true },
  incremental_strategy: null,
  event_time: null,
};

const CONFIGS: Readonly<Record<string, object>> = {
  model: { ...SHARED_CONFIG, materialized: "view", access: "protected", lookback: 1n },
  seed: { ...SHARED_CONFIG, materialized: "seed", delimiter: ",", quote_columns: null },
  snapshot: {
    ...SHARED_CONFIG,
    materialized: "snapshot",
    strategy: null,
    target_schema: null,
    target_database: null,
    updated_at: null,
    check_cols: null,
    snapshot_meta_column_names: {},
    dbt_valid_to_current: null,
  },
  test: {
    enabled: true,
    materialized: "test",
    severity: "ERROR",
    store_failures: null,
    store_failures_as: null,
    where: null,
    limit: null,
    fail_calc: "count(*)",
    warn_if: "!= 0",
    error_if: "!= 0",
    tags: [],
    meta: {},
  },
  operation: { ...SHARED_CONFIG, materialized: "view" },
};

const hookOf = (hook: unknown) => (typeof hook === "string" ? { sql: hook, transaction: true, index: null } : hook);

/** A manifest of hand-written nodes, all in one package. */
export function manifestOf(
  database: string,
  nodes: readonly NodeSpec[],
  sources: readonly SourceSpec[] = [],
): Manifest {
  const ids = new Map(nodes.map((node) => [node.name, idOf(node)] as const));
  const found = new Map(nodes.map((node) => [idOf(node), nodeOf(database, node, ids)] as const));
  const parents = new Map([...found].map(([id, node]) => [id, node.depends_on.nodes] as const));
  return {
    projectName: PACKAGE,
    adapterType: "postgres",
    nodes: found,
    sources: new Map(sources.map((source) => [sourceId(source), sourceOf(database, source)] as const)),
    exposures: new Map(),
    groups: new Map(),
    unitTests: new Map(),
    docs: new Map(),
    macros: new Map(),
    disabled: new Map(),
    parentMap: parents,
    childMap: new Map(),
  } as unknown as Manifest;
}

const idOf = ({ type = "model", name }: NodeSpec) => `${type}.${PACKAGE}.${name}`;
const sourceId = ({ source, table }: SourceSpec) => `source.${PACKAGE}.${source}.${table}`;

function nodeOf(database: string, spec: NodeSpec, ids: ReadonlyMap<string, string>): ManifestNode {
  const { type = "model", name, sql = "", test, schema = "dbt", columns = {}, description = "", tags = [] } = spec;
  const text = `${sql} ${JSON.stringify(test?.kwargs ?? {})}`;
  const refs = [...text.matchAll(/ref\('([^']+)'\)/g)].flatMap(([, each = ""]) => ids.get(each) ?? []);
  const hooks = (key: string) => ((spec.config?.[key] ?? []) as unknown[]).map(hookOf);
  const config = { ...CONFIGS[type], ...spec.config, "pre-hook": hooks("pre-hook"), "post-hook": hooks("post-hook") };
  const file = type === "seed" ? `seeds/${name}.csv` : `${type}s/${name}.sql`;
  return {
    unique_id: idOf(spec),
    resource_type: type,
    package_name: PACKAGE,
    name,
    alias: (spec.config?.alias as string | undefined) ?? name,
    path: file.slice(file.indexOf("/") + 1),
    original_file_path: file,
    database,
    schema,
    fqn: [PACKAGE, name],
    config,
    tags,
    meta: {},
    description,
    columns: columnsOf(columns),
    constraints: spec.constraints ?? [],
    raw_code: test === undefined ? sql : `{{ test_${test.name}(**_dbt_generic_test_kwargs) }}`,
    language: "sql",
    refs: [],
    sources: [],
    depends_on: { macros: [], nodes: [...new Set(refs)] },
    relation_name: `"${database}"."${schema}"."${name}"`,
    contract: config["contract" as keyof typeof config] ?? { enforced: false },
    index: 0n,
    root_path: null,
    ...(test === undefined ? {} : { test_metadata: { name: test.name, kwargs: test.kwargs, namespace: null } }),
  } as unknown as ManifestNode;
}

function columnsOf(columns: NonNullable<NodeSpec["columns"]>): Data {
  const defaults = { description: "", meta: {}, data_type: null, constraints: [], quote: null, tags: [] };
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, { name, ...defaults, ...column }]),
  ) as unknown as Data;
}

function sourceOf(database: string, { source, table, schema }: SourceSpec): SourceDefinition {
  return {
    unique_id: sourceId({ source, table, schema }),
    resource_type: "source",
    package_name: PACKAGE,
    name: table,
    source_name: source,
    database,
    schema,
    identifier: table,
    quoting: { database: null, schema: null, identifier: null, column: null },
    config: { enabled: true },
  } as unknown as SourceDefinition;
}
