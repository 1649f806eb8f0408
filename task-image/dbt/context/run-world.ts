import type { Source } from "../../jinja/running/scope.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import type { Value } from "../../jinja/values/value.ts";
import type { Adapter } from "../adapter/adapter.ts";
import { ALL_PARTS, type RelationValue } from "../adapter/relation.ts";
import { PATH_PARTS, type PathPolicy } from "../adapter/relation-path.ts";
import type { MacroLibrary } from "../macros/macro-library.ts";
import { Lookup, type Referable } from "../manifest/lookup.ts";
import type { Manifest, ManifestNode, ModelNode, SourceDefinition } from "../manifest/node.ts";
import type { DataMap } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";

/** What runs need beside the manifest, the same for all nodes. */
export interface RunWorld {
  readonly manifest: Manifest;
  readonly library: MacroLibrary;
  readonly adapter: Adapter;
  /** Names that every template sees: see `sharedValues`. */
  readonly shared: Source;
  /** dbt's RuntimeConfig. */
  readonly config: Value;
  readonly environment: ReadonlyMap<string, string>;
  /** The variables that templates of a package see. */
  readonly variables: (packageName: string) => DataMap;
  /** `--empty`: refs and sources have no rows. */
  readonly isEmpty: boolean;
  /** `--store-failures`: all tests keep what they find. */
  readonly storesFailures: boolean;
  /** The content of a seed's file; undefined when there is no such file. */
  readonly seedText: (node: ManifestNode) => string | undefined;
  /** Ids of the nodes of this run. */
  readonly selected: readonly string[];
  /** Says whose statements come next, for the comment that they carry: a node's unique id and the node, or `master` and None. */
  readonly nameSession: (name: string, node: Value) => void;
  readonly lookup: Lookup;
  readonly graph: () => Value;
}

/** The parts of a world that follow from its manifest. */
export function lookups(manifest: Manifest): Pick<RunWorld, "lookup" | "graph"> {
  let graph: Value | undefined;
  return {
    lookup: new Lookup(manifest.projectName, referables(manifest)),
    graph: () => {
      graph ??= flatGraph(manifest);
      return graph;
    },
  };
}

function referables({ nodes }: Manifest): Referable[] {
  const found: Referable[] = [];
  for (const node of nodes.values()) {
    if (!["model", "seed", "snapshot"].includes(node.resource_type)) continue;
    const { version = null, latest_version = null } = node as Partial<ModelNode>;
    const { unique_id: id, name, package_name: packageName } = node;
    found.push({ id, name, packageName, version, latestVersion: latest_version, isEnabled: true });
  }
  return found;
}

/** `graph`: everything of the manifest by its unique id, as dicts. */
function flatGraph({ nodes, sources, exposures, groups }: Manifest): DictValue {
  const dicts = (all: ReadonlyMap<string, object>): DictValue =>
    DictValue.of([...all].map(([id, each]) => [id, toValue(each as DataMap)] as const));
  return DictValue.of([
    ["exposures", dicts(exposures)],
    ["groups", dicts(groups)],
    ["metrics", new DictValue()],
    ["nodes", dicts(nodes)],
    ["sources", dicts(sources)],
    ["semantic_models", new DictValue()],
    ["saved_queries", new DictValue()],
    ["functions", new DictValue()],
  ] as const);
}

/** The relation of a node, as `ref()` gives it: quoted as the project says. dbt takes `quoting` in a node's own config and makes nothing of it. */
export function relationOfNode({ adapter }: Pick<RunWorld, "adapter">, node: ManifestNode): RelationValue {
  const { database, schema, alias } = node;
  return adapter.relations.make({ database, schema, identifier: alias });
}

/** The relation of a source, as the engine itself asks for it: quoted as the project and then the source say. */
export function relationOfSource({ adapter }: Pick<RunWorld, "adapter">, source: SourceDefinition): RelationValue {
  return sourceRelation(adapter, source, adapter.relations.quoting);
}

/** The relation of a source, as `source()` gives it: the project's `quoting` is for what the project builds. */
export function readRelationOfSource({ adapter }: Pick<RunWorld, "adapter">, source: SourceDefinition): RelationValue {
  return sourceRelation(adapter, source, ALL_PARTS);
}

function sourceRelation({ relations }: Adapter, source: SourceDefinition, project: PathPolicy): RelationValue {
  const { database, schema, identifier, quoting } = source;
  const quote = { ...project };
  for (const part of PATH_PARTS) quote[part] = quoting[part] ?? project[part];
  return relations.make({ database, schema, identifier }, { quote });
}
