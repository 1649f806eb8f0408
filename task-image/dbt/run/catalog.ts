import { TupleValue, type Value } from "../../jinja/values/value.ts";
import type { RelationValue } from "../adapter/relation.ts";
import { type RunWorld, relationOfNode, relationOfSource } from "../context/run-world.ts";
import type { ManifestNode, SourceDefinition } from "../manifest/node.ts";
import { fail } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";
import { type CatalogTable, catalogTables } from "./catalog-table.ts";
import { makesRelation } from "./prepare.ts";

/** What the database says of the relations of a project, by unique ids. */
export interface Catalog {
  readonly nodes: ReadonlyMap<string, CatalogTable>;
  readonly sources: ReadonlyMap<string, CatalogTable>;
  /** Of databases that could not be asked. */
  readonly errors: readonly string[];
}

/** Above so many relations dbt asks for whole schemas. */
const RELATIONS_MAX = 100;

/**
 * Asks the database for the relations of nodes and sources and their columns, by the macros `get_catalog_relations` and `get_catalog`, as
 * dbt does it: one question for each database. What is not built is not in the answer.
 */
export function readCatalog(world: RunWorld, ids: ReadonlySet<string>, messageOf: (error: unknown) => string): Catalog {
  const wanted = relationsOf(world, (id) => ids.has(id));
  const byName = wanted.length <= RELATIONS_MAX;
  const asked = byName ? wanted : relationsOf(world, () => true);
  const errors: string[] = [];
  const tables = [...byDatabase(asked)].flatMap(([database, relations]) => {
    try {
      world.nameSession(`${database}.information_schema`, null);
      const table = byName ? askRelations(world, relations) : askSchemas(world, relations);
      return table instanceof TableValue ? catalogTables(table) : fail("the macro get_catalog answered no table");
    } catch (error) {
      errors.push(messageOf(error));
      return [];
    }
  });
  const keys = new Set(wanted.map(({ data }) => keyOf(data.path.database, data.path.schema, data.path.identifier)));
  const found = tables.filter(({ metadata }) => keys.has(keyOf(metadata.database, metadata.schema, metadata.name)));
  return { ...byId(world, found, ids, errors), errors };
}

/** The relations of nodes that make one, and of sources; each once. */
function relationsOf(world: RunWorld, isWanted: (id: string) => boolean): readonly RelationValue[] {
  const { nodes, sources } = world.manifest;
  const found = [
    ...[...nodes.values()]
      .filter((node) => makesRelation(node, world.storesFailures) && isWanted(node.unique_id))
      .map((node) => relationOfNode(world, node)),
    ...[...sources.values()]
      .filter((source) => isWanted(source.unique_id))
      .map((source) => relationOfSource(world, source)),
  ];
  return [...new Map(found.map((relation) => [relation.render(), relation] as const)).values()];
}

function byDatabase(relations: readonly RelationValue[]): ReadonlyMap<string, readonly RelationValue[]> {
  return Map.groupBy(relations, ({ data }) => data.path.database ?? "");
}

function askRelations({ adapter }: RunWorld, relations: readonly RelationValue[]): Value {
  const [first] = relations;
  const information = first?.informationSchema(null) ?? null;
  return adapter.callMacro("get_catalog_relations", { information_schema: information, relations: [...relations] });
}

function askSchemas({ adapter }: RunWorld, relations: readonly RelationValue[]): Value {
  const [first] = relations;
  const information = first?.informationSchema(null) ?? null;
  const schemas = new Set(relations.map(({ data }) => (data.path.schema ?? "").toLowerCase()));
  return adapter.callMacro("get_catalog", { information_schema: information, schemas: new TupleValue([...schemas]) });
}

/** Of nodes of one relation the last one counts; a source beside a node of the same relation has its own entry. */
function byId(
  { manifest }: RunWorld,
  tables: readonly CatalogTable[],
  ids: ReadonlySet<string>,
  errors: string[],
): Omit<Catalog, "errors"> {
  const nodeIds = new Map([...manifest.nodes.values()].map((node) => [nodeKey(node), node.unique_id] as const));
  const sourceIds = Map.groupBy(manifest.sources.values(), sourceKey);
  const nodes = new Map<string, CatalogTable>();
  const sources = new Map<string, CatalogTable>();
  for (const table of tables) {
    const { database, schema, name } = table.metadata;
    const key = keyOf(database, schema, name);
    const id = nodeIds.get(key);
    if (id !== undefined && ids.has(id)) nodes.set(id, table);
    for (const { unique_id: source } of sourceIds.get(key) ?? []) {
      if (!ids.has(source)) continue;
      if (sources.has(source))
        errors.push(`${source} means two relations whose names differ in case alone: ${schema}.${name} is one`);
      sources.set(source, table);
    }
  }
  return { nodes, sources };
}

function nodeKey({ database, schema, alias }: ManifestNode): string {
  return keyOf(database, schema, alias);
}

function sourceKey({ database, schema, identifier }: SourceDefinition): string {
  return keyOf(database, schema, identifier);
}

function keyOf(...path: readonly (string | null)[]): string {
  return JSON.stringify(path).toLowerCase();
}
