import type { ColumnInfo, Exposure, Manifest, ManifestNode, SourceDefinition } from "../dbt/manifest/node.ts";
import { own } from "../dbt/project/data.ts";
import type { CatalogTable } from "../dbt/run/catalog-table.ts";
import type { ProjectFacts } from "./describe-project.ts";
import { factsOfExposure, factsOfNode, factsOfSource, textOf } from "./facts.ts";
import type { LineageNode } from "./lineage/project-lineage.ts";
import type { NodeKind, PageColumn, PageNode } from "./page-data.ts";

/** What a node says of itself, without what others say of it. */
type OwnPart = Omit<PageNode, "parents" | "tests" | "result" | "hasLineage" | "columns"> & {
  readonly columns: readonly Omit<PageColumn, "origins">[];
};

export interface DescribedNode {
  readonly node: OwnPart;
  /** Of nodes whose columns can come from others, or others' from them. */
  readonly lineage: LineageNode | undefined;
}

/** Sources, seeds, models, snapshots, analyses and exposures, those with `docs: {show: false}` left out. */
export function describeNodes(facts: ProjectFacts): readonly DescribedNode[] {
  const { manifest, catalog } = facts;
  return [
    ...[...manifest.sources.values()].map((source) => describeSource(source, catalog.sources.get(source.unique_id))),
    ...[...manifest.nodes.values()].filter(isShown).map((node) => describeNode(node, facts)),
    ...[...manifest.exposures.values()].map(describeExposure),
  ];
}

const SHOWN: ReadonlySet<string> = new Set(["seed", "model", "snapshot", "analysis"]);

function isShown({ resource_type: type, docs }: ManifestNode): boolean {
  return SHOWN.has(type) && docs.show;
}

function describeNode(node: ManifestNode, { manifest, catalog, compiled }: ProjectFacts): DescribedNode {
  const { unique_id: id, database, schema, alias, raw_code: raw } = node;
  const table = catalog.nodes.get(id);
  const isEphemeral = node.config.materialized === "ephemeral";
  const sql = compiled.get(id) ?? null;
  const hasRelation = node.resource_type !== "analysis" && !isEphemeral;
  return {
    node: {
      id,
      name: nameOf(node, manifest),
      kind: node.resource_type as NodeKind,
      form: hasRelation || isEphemeral ? textOf(own(node.config, "materialized")) : "",
      path: node.original_file_path,
      relation: node.relation_name,
      description: node.description,
      tags: node.tags,
      facts: factsOfNode(node, manifest.groups),
      columns: columnsOf(node.columns, table),
      isBuilt: hasRelation ? table !== undefined : null,
      sql: raw === "" ? null : raw,
      compiled: sql === raw ? null : sql,
    },
    lineage: { id, database, schema, name: alias, columns: namesIn(table), sql, isEphemeral },
  };
}

/** The versions of a model have one name. */
function nameOf(node: ManifestNode, { projectName }: Pick<Manifest, "projectName">): string {
  const version = node.resource_type === "model" && node.version !== null ? `.v${node.version}` : "";
  const owner = node.package_name === projectName ? "" : `${node.package_name}.`;
  return `${owner}${node.name}${version}`;
}

function describeSource(source: SourceDefinition, table: CatalogTable | undefined): DescribedNode {
  const { unique_id: id, source_name: owner, name, database, schema, identifier } = source;
  return {
    node: {
      id,
      name: `${owner}.${name}`,
      kind: "source",
      form: "",
      path: source.original_file_path,
      relation: source.relation_name,
      description: source.description,
      tags: source.tags,
      facts: factsOfSource(source),
      columns: columnsOf(source.columns, table),
      isBuilt: table !== undefined,
      sql: null,
      compiled: null,
    },
    lineage: { id, database, schema, name: identifier, columns: namesIn(table), sql: null, isEphemeral: false },
  };
}

function describeExposure(exposure: Exposure): DescribedNode {
  return {
    node: {
      id: exposure.unique_id,
      name: exposure.name,
      kind: "exposure",
      form: exposure.type,
      path: exposure.original_file_path,
      relation: null,
      description: exposure.description,
      tags: exposure.tags,
      facts: factsOfExposure(exposure),
      columns: [],
      isBuilt: null,
      sql: null,
      compiled: null,
    },
    lineage: undefined,
  };
}

function namesIn(table: CatalogTable | undefined): readonly string[] | undefined {
  return table === undefined ? undefined : inPlace(table).map(({ name }) => name);
}

function inPlace({ columns }: CatalogTable) {
  return Object.values(columns).sort((a, b) => a.index - b.index);
}

/** The columns of the database in their order, with what the project says of them; then those that the project alone names. */
function columnsOf(
  said: Readonly<Record<string, ColumnInfo>>,
  table: CatalogTable | undefined,
): readonly Omit<PageColumn, "origins">[] {
  const byName = new Map(Object.values(said).map((column) => [column.name.toLowerCase(), column] as const));
  const present = table === undefined ? [] : inPlace(table);
  const names = new Set(present.map(({ name }) => name.toLowerCase()));
  return [
    ...present.map(({ name, type, comment }) => {
      const column = byName.get(name.toLowerCase());
      return { name, type, description: column?.description || (comment ?? ""), marks: marksOf(column) };
    }),
    ...[...byName.values()]
      .filter(({ name }) => !names.has(name.toLowerCase()))
      .map((column) => ({
        name: column.name,
        type: column.data_type,
        description: column.description,
        marks: [...marksOf(column), ...(table === undefined ? [] : ["not in the database"])],
      })),
  ];
}

function marksOf(column: ColumnInfo | undefined): readonly string[] {
  if (column === undefined) return [];
  const constraints = column.constraints.map((each) => textOf(own(each, "type")).replaceAll("_", " "));
  return [...constraints, ...column.tags];
}
