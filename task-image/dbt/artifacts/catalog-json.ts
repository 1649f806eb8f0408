import type { Catalog } from "../run/catalog.ts";
import type { CatalogTable } from "../run/catalog-table.ts";
import { type Heading, metadataOf } from "./heading.ts";
import { jsonText } from "./json-text.ts";

/** catalog.json, version 1: https://schemas.getdbt.com/dbt/catalog/v1.json. */
export function catalogJson({ nodes, sources, errors }: Catalog, heading: Heading): string {
  return jsonText({
    metadata: metadataOf("catalog", heading),
    nodes: named(nodes),
    sources: named(sources),
    errors: errors.length === 0 ? null : errors,
  });
}

function named(tables: ReadonlyMap<string, CatalogTable>) {
  return new Map([...tables].map(([id, table]) => [id, { ...table, unique_id: id }] as const));
}
