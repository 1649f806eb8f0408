import type { Exposure, Group, ManifestNode, SourceDefinition } from "../dbt/manifest/node.ts";
import { type Data, type DataMap, isMap, own } from "../dbt/project/data.ts";

type Fact = readonly [string, string];

/** What is said of a node beside its columns: who owns it, who may read it, how it is built. */
export function factsOfNode(node: ManifestNode, groups: ReadonlyMap<string, Group>): readonly Fact[] {
  const { config } = node;
  const group = [...groups.values()].find(({ name }) => name === node.group);
  const isModel = node.resource_type === "model";
  const version = isModel && node.version !== null ? `${node.version} of ${node.latest_version ?? node.version}` : "";
  return present([
    ["Owner", ownerOf(config, group?.owner)],
    ["Group", node.group ?? ""],
    ["Access", isModel ? node.access : ""],
    ["Version", version],
    ["Contract", node.contract.enforced ? "enforced: columns and types are as written" : ""],
    ["Deprecated from", isModel ? (node.deprecation_date ?? "") : ""],
    ["Unique key", textOf(own(config, "unique_key"))],
    ["Strategy", textOf(own(config, "incremental_strategy") ?? own(config, "strategy"))],
    ["Package", node.package_name],
    ...metaOf(config),
  ]);
}

export function factsOfSource(source: SourceDefinition): readonly Fact[] {
  return present([
    ["Owner", ownerOf(source.config, undefined) || ownerOf({ meta: source.meta }, undefined)],
    ["Source", source.source_name],
    ["About the source", source.source_description],
    ["Loaded by", source.loader],
    ["Late after", limitsOf(source.freshness)],
    ["Age by", source.loaded_at_field ?? (source.loaded_at_query === null ? "" : "a query")],
    ["Package", source.package_name],
    ...metaOf({ meta: source.meta }),
  ]);
}

export function factsOfExposure(exposure: Exposure): readonly Fact[] {
  const { owner, url, maturity, label } = exposure;
  return present([
    ["Owner", personOf(owner)],
    ["Label", label ?? ""],
    ["Address", url ?? ""],
    ["Maturity", maturity ?? ""],
    ["Package", exposure.package_name],
    ...metaOf({ meta: exposure.meta }),
  ]);
}

function present(facts: readonly Fact[]): readonly Fact[] {
  return facts.filter(([, text]) => text !== "");
}

/** `meta.owner` of a node, or who owns its group. */
function ownerOf(config: DataMap, group: DataMap | undefined): string {
  const meta = own(config, "meta");
  const named = isMap(meta) ? own(meta, "owner") : undefined;
  if (named !== undefined && named !== null) return isMap(named) ? personOf(named) : textOf(named);
  return group === undefined ? "" : personOf(group);
}

function personOf(owner: DataMap): string {
  const [name, email] = [textOf(own(owner, "name")), textOf(own(owner, "email"))];
  if (name === "" || email === "") return name || email;
  return `${name}, ${email}`;
}

function metaOf(config: DataMap): readonly Fact[] {
  const meta = own(config, "meta");
  if (!isMap(meta)) return [];
  return Object.entries(meta).flatMap(([key, value]) => (key === "owner" ? [] : [[key, textOf(value)] as const]));
}

function limitsOf(freshness: DataMap | null): string {
  const limits = [
    ["error_after", ""],
    ["warn_after", " (warned)"],
  ] as const;
  return limits
    .flatMap(([key, more]) => {
      const limit = own(freshness ?? {}, key);
      if (!isMap(limit)) return [];
      const [count, period] = [textOf(own(limit, "count")), textOf(own(limit, "period"))];
      return count === "" || period === "" ? [] : [`${count} ${period}${count === "1" ? "" : "s"}${more}`];
    })
    .join(", ");
}

/** A value of YAML in one line. */
export function textOf(value: Data | undefined): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  if (isMap(value))
    return Object.entries(value)
      .map(([key, each]) => `${key}: ${textOf(each)}`)
      .join(", ");
  return String(value);
}
