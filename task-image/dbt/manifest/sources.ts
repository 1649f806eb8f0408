import { collectProblem, formatProblem, type Problem, ProblemError } from "../../jinja/problem.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { type Data, type DataMap, isMap, overlaid, own } from "../project/data.ts";
import type { ProjectSettings } from "../project/project-settings.ts";
import type { DraftTarget } from "./collect-drafts.ts";
import { type DescribedColumn, mapOf, readColumns, textOrNull, textsOf } from "./columns.ts";
import { DEFAULTS } from "./config-fields.ts";
import { mergedConfig, unrenderedConfig } from "./config-layers.ts";
import { testsOf } from "./describe.ts";
import { fqnOf } from "./draft.ts";
import { finalConfig } from "./final-config.ts";
import { mergedFreshness, wholeThreshold } from "./freshness.ts";
import type { TestTarget } from "./generic-tests.ts";
import type { Quoting, SourceDefinition } from "./node.ts";
import type { ParseHost } from "./parse-host.ts";
import { entriesOf, type Properties, textOf } from "./properties.ts";

/** A table of a source, and the tests that are asked of it. */
export interface SourceTable {
  readonly source: SourceDefinition;
  readonly properties: Properties;
  readonly columns: readonly DescribedColumn[];
  readonly isEnabled: boolean;
  readonly tests: TestTarget;
}

export interface SourcePlace {
  readonly root: ProjectSettings;
  readonly target: DraftTarget;
  readonly host: ParseHost;
}

/** The tables of a source. `overriding` is what another project says of the source instead, table by table. */
export function readSource(
  properties: Properties,
  overriding: DataMap | undefined,
  place: SourcePlace,
  problems: Problem[],
): SourceTable[] {
  const source = { ...properties.data, ...withoutKeys(overriding ?? {}, ["tables", "overrides", "name"]) };
  const tables = collectProblem(problems, () => entriesOf(properties, properties.data, [], "tables")) ?? [];
  return tables.flatMap((table, index) => {
    const patch = tablesOf(overriding).find((each) => each.name === table.name) ?? {};
    return collectProblem(problems, () => readTable(properties, source, { ...table, ...patch }, index, place)) ?? [];
  });
}

function tablesOf(data: DataMap | undefined): readonly DataMap[] {
  const tables = data === undefined ? [] : own(data, "tables");
  return Array.isArray(tables) ? tables.filter(isMap) : [];
}

function withoutKeys(data: DataMap, keys: readonly string[]): DataMap {
  return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}

function readTable(
  properties: Properties,
  source: DataMap,
  table: DataMap,
  index: number,
  { root, target, host }: SourcePlace,
): SourceTable {
  const { name: sourceName, owner, file, position } = properties;
  const path = ["tables", index];
  const name = own(table, "name");
  if (typeof name !== "string") throw new ProblemError("tables: expected a name", position(path));
  const packageName = owner.settings.name;
  const fqn = fqnOf(packageName, file.path, sourceName, name);
  const places = { owner: owner.settings, root, section: "sources", fqn } as const;
  const said = saidOf(source, table);
  const config = configOf(said, places, () => position(path));
  const columns = readColumns(properties, table, path);
  const quoting = quotingOf(source, table);
  const database = textOf(source, "database", target.database);
  const schema = textOf(source, "schema", sourceName);
  const identifier = textOf(table, "identifier", name);
  const [key, tests] = testsOf(properties, table, path);
  const definition: SourceDefinition = {
    unique_id: `source.${packageName}.${sourceName}.${name}`,
    name,
    resource_type: "source",
    package_name: packageName,
    path: file.originalPath,
    original_file_path: file.originalPath,
    fqn,
    database,
    schema,
    identifier,
    source_name: sourceName,
    source_description: textOf(source, "description", ""),
    loader: textOf(source, "loader", ""),
    quoting,
    loaded_at_field: textOrNull(own(config, "loaded_at_field")),
    loaded_at_query: textOrNull(own(config, "loaded_at_query")),
    freshness: isMap(config.freshness) ? config.freshness : null,
    external: isMap(table.external) ? table.external : null,
    description: textOf(table, "description", ""),
    columns: Object.fromEntries(columns.map(({ info }) => [info.name, info])),
    meta: mapOf(config, "meta"),
    source_meta: { ...mapOf(source, "meta"), ...mapOf(mapOf(source, "config"), "meta") },
    tags: [...new Set(textsOf(own(config, "tags")))].sort(),
    config,
    patch_path: null,
    unrendered_config: unrenderedConfig(places, { properties: said }),
    relation_name: toText(
      host.relation({ database, schema, identifier, quoting: { ...root.quoting, ...setQuoting(quoting) } }),
    ),
    created_at: target.now,
    unrendered_database: textOrNull(own(properties.written, "database")),
    unrendered_schema: textOrNull(own(properties.written, "schema")),
    doc_blocks: [],
  };
  return {
    source: definition,
    properties,
    columns,
    isEnabled: config.enabled !== false,
    tests: {
      properties,
      name: `${sourceName}_${name}`,
      reference: `source('${sourceName}', '${name}')`,
      to: [sourceName, name],
      isSource: true,
      draft: undefined,
      columns,
      quotesColumns: own(table, "quote_columns") === true,
      tags: definition.tags,
      tests,
      testsPath: [...path, key],
    },
  };
}

/** Settings of the source, over them those of its table, each of which may stand outside of `config`. */
function saidOf(source: DataMap, table: DataMap): DataMap {
  const layers = [source, mapOf(source, "config"), table, mapOf(table, "config")];
  const both: Record<string, Data> = { ...mapOf(source, "config"), ...mapOf(table, "config") };
  both.meta = overlaid(layers.map((layer) => mapOf(layer, "meta")));
  both.tags = [...new Set(layers.flatMap((layer) => textsOf(own(layer, "tags"))))].sort();
  const freshness = mergedFreshness(layers.map((layer) => own(layer, "freshness")));
  if (freshness === undefined) delete both.freshness;
  else both.freshness = freshness;
  return { ...both, ...loadedAt(layers) };
}

function configOf(
  said: DataMap,
  places: Parameters<typeof mergedConfig>[1],
  position: () => Parameters<typeof finalConfig>[2],
): DataMap {
  const merged = mergedConfig(DEFAULTS.source, places, { properties: said });
  const config = { ...merged, tags: own(said, "tags") ?? [] };
  const threshold = own(config, "freshness");
  return finalConfig(
    "source",
    isMap(threshold) ? { ...config, freshness: wholeThreshold(threshold) } : config,
    position(),
  );
}

/** The table's field or query stands in place of both of the source. */
function loadedAt(layers: readonly DataMap[]): DataMap {
  const first = (from: readonly DataMap[], key: string) =>
    from.map((layer) => own(layer, key) ?? null).find((value) => value !== null) ?? null;
  const [source, table] = [layers.slice(0, 2), layers.slice(2)];
  const isSet = table.some((layer) => Object.hasOwn(layer, "loaded_at_field"));
  const field = isSet ? first(table, "loaded_at_field") : first(source, "loaded_at_field");
  const query = first(table, "loaded_at_query") ?? (isSet ? null : first(source, "loaded_at_query"));
  return { loaded_at_field: field, loaded_at_query: query };
}

function quotingOf(source: DataMap, table: DataMap): Quoting {
  const merged = { ...mapOf(source, "quoting"), ...mapOf(table, "quoting") };
  const part = (key: string) => {
    const found = own(merged, key);
    return typeof found === "boolean" ? found : null;
  };
  return { database: part("database"), schema: part("schema"), identifier: part("identifier"), column: part("column") };
}

function setQuoting({ column: _, ...quoting }: Quoting): DataMap {
  return Object.fromEntries(Object.entries(quoting).filter(([, value]) => value !== null));
}

/** Two sources of one name with a table of one name are a problem: a call could mean either. */
export function sourceTwins(tables: readonly SourceTable[]): Problem[] {
  const first = new Map<string, SourceTable>();
  return tables.flatMap((table) => {
    const { unique_id: id, source_name: source, name } = table.source;
    const before = first.get(id);
    if (before === undefined) first.set(id, table);
    if (before === undefined) return [];
    const at = table.properties.position();
    const where = formatProblem({ message: "", at: before.properties.position() }).replace(/: $/, "");
    return [{ message: `table '${name}' of the source '${source}' is declared in ${where} already`, at }];
  });
}
