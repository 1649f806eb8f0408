import { ProblemError } from "../../jinja/problem.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import type { DataPath } from "../project/yaml-document.ts";
import type { ColumnInfo } from "./node.ts";
import { entriesOf, type Properties, textOf } from "./properties.ts";

/** A column as it is described, and where. */
export interface DescribedColumn {
  readonly info: ColumnInfo;
  readonly data: DataMap;
  readonly path: DataPath;
}

/** The columns of a model, seed, snapshot, analysis or table of a source. Descriptions are not rendered yet. */
export function readColumns(properties: Properties, data: DataMap, path: DataPath = []): DescribedColumn[] {
  return entriesOf(properties, data, path, "columns").map((column, index) => {
    const place = [...path, "columns", index];
    const name = own(column, "name");
    if (typeof name !== "string") throw new ProblemError("columns: expected a name", properties.position(place));
    return { info: columnInfo(name, column), data: column, path: place };
  });
}

function columnInfo(name: string, column: DataMap): ColumnInfo {
  const config = mapOf(column, "config");
  const meta = { ...mapOf(column, "meta"), ...mapOf(config, "meta") };
  const tags = [...new Set([...textsOf(own(column, "tags")), ...textsOf(own(config, "tags"))])];
  const quote = own(column, "quote");
  return {
    name,
    description: textOf(column, "description", ""),
    meta,
    data_type: textOrNull(own(column, "data_type")),
    constraints: constraintsOf(column),
    quote: typeof quote === "boolean" ? quote : null,
    config: { meta, tags },
    tags,
    granularity: textOrNull(own(column, "granularity")),
    doc_blocks: [],
  };
}

/** Constraints of a column or a model, with every key that dbt knows of them: those of a model name columns. */
export function constraintsOf(data: DataMap, more: DataMap = {}): DataMap[] {
  const list = own(data, "constraints") ?? [];
  return Array.isArray(list)
    ? list.filter(isMap).map((constraint) => ({
        name: null,
        expression: null,
        warn_unenforced: true,
        warn_unsupported: true,
        to: null,
        to_columns: [],
        ...more,
        ...constraint,
      }))
    : [];
}

export function mapOf(data: DataMap, key: string): DataMap {
  const found = own(data, key);
  return isMap(found) ? found : {};
}

/** A text, a list of texts, or nothing. */
export function textsOf(data: Data | undefined): string[] {
  const list: readonly Data[] = Array.isArray(data) ? data : [data ?? []].flat();
  return list.map(String);
}

export function textOrNull(data: Data | undefined): string | null {
  return data === undefined || data === null ? null : String(data);
}
