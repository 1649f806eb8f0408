import { createHash } from "node:crypto";
import type { MacroNode, Manifest, ManifestNode } from "../manifest/node.ts";
import type { NodeResult } from "../run/node-result.ts";
import { type Heading, metadataOf } from "./heading.ts";
import { jsonText } from "./json-text.ts";

export interface ManifestContent {
  readonly manifest: Omit<Manifest, "macros">;
  readonly macros: ReadonlyMap<string, MacroNode>;
  readonly results: readonly NodeResult[];
  readonly heading: Heading;
}

/** manifest.json, version 12: https://schemas.getdbt.com/dbt/manifest/v12.json. Nodes of the results have the SQL that they were compiled to. */
export function manifestJson({ manifest, macros, results, heading }: ManifestContent): string {
  const compiled = new Map(results.map(({ id, compiledCode }) => [id, compiledCode] as const));
  const { projectName, adapterType, nodes, groups, parentMap, childMap } = manifest;
  return jsonText({
    metadata: {
      ...metadataOf("manifest", heading),
      project_name: projectName,
      project_id: createHash("md5").update(projectName).digest("hex"),
      user_id: null,
      send_anonymous_usage_stats: false,
      adapter_type: adapterType,
    },
    nodes: new Map([...nodes].map(([id, node]) => [id, withCompiled(node, compiled.get(id) ?? null)] as const)),
    sources: manifest.sources,
    macros,
    docs: manifest.docs,
    exposures: manifest.exposures,
    metrics: {},
    groups,
    selectors: {},
    disabled: manifest.disabled,
    parent_map: parentMap,
    child_map: childMap,
    group_map: groupMap(manifest),
    saved_queries: {},
    semantic_models: {},
    unit_tests: manifest.unitTests,
    functions: {},
  });
}

function withCompiled(node: ManifestNode, code: string | null): object {
  if (code === null) return node;
  return { ...node, compiled: true, compiled_code: code, extra_ctes_injected: true, extra_ctes: [] };
}

/** The nodes of each group, by its name. */
function groupMap({ nodes, groups }: Pick<Manifest, "nodes" | "groups">): ReadonlyMap<string, readonly string[]> {
  const found = new Map([...groups.values()].map(({ name }) => [name, [] as string[]] as const));
  for (const { unique_id: id, group } of nodes.values()) if (group !== null) found.get(group)?.push(id);
  return found;
}
