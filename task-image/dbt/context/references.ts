import { computed } from "../../jinja/row-values.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { type CallArguments, CallableValue, type Value } from "../../jinja/values/value.ts";
import { EPHEMERAL_PREFIX, type RelationValue } from "../adapter/relation.ts";
import type { ManifestNode, RefArgs, SourceDefinition } from "../manifest/node.ts";
import { fail } from "../values/host-function.ts";
import { type Batch, eventTimeFilter } from "./event-time.ts";
import { type RunWorld, readRelationOfSource, relationOfNode } from "./run-world.ts";

const UNQUOTED = { database: true, schema: true, identifier: false };

/** The place that a model without a table of its own takes: a CTE in front of the query. */
export function ephemeralRelation({ adapter }: Pick<RunWorld, "adapter">, name: string): RelationValue {
  return adapter.relations.make({ identifier: EPHEMERAL_PREFIX + name }, { type: "cte", quote: UNQUOTED });
}

/** Who refers to others. */
export interface Reader {
  readonly node: ManifestNode | undefined;
  readonly packageName: string;
  readonly batch: Batch | undefined;
}

/** `ref()` while a node runs. `onEphemeral` hears of models that have to stand in front of the query. */
export function refFunction(world: RunWorld, reader: Reader, onEphemeral: (id: string) => void): CallableValue {
  const { node, packageName } = reader;
  return new CallableValue("ref", (given) => {
    const args = refArguments(given);
    const found = world.lookup.find(args, packageName);
    const target = found === undefined ? undefined : world.manifest.nodes.get(found.id);
    if (target === undefined) return fail(unknownNode(args, world));
    if (node !== undefined && target.unique_id !== node.unique_id) expectDependency(node, target, args);
    if (target.config.materialized !== "ephemeral")
      return limited(world, reader, target, relationOfNode(world, target));
    onEphemeral(target.unique_id);
    return inBatch(world, reader, target, ephemeralRelation(world, target.alias));
  });
}

/** A node runs behind what it depends on; a ref that reading the project did not see has no such promise. */
function expectDependency(node: ManifestNode, target: ManifestNode, { name }: RefArgs): void {
  if (node.resource_type === "operation" || node.depends_on.nodes.includes(target.unique_id)) return;
  fail(
    `ref('${computed(name)}') was not seen when the project was read, because it stands behind a condition. Write -- depends_on: {{ ref('${computed(name)}') }} at the top of ${node.name}`,
  );
}

function unknownNode({ name, package: packageName, version }: RefArgs, world: RunWorld): string {
  const within = packageName === null ? "" : ` in package '${computed(packageName)}'`;
  const of = version === null ? "" : ` with version ${computed(String(version))}`;
  return `there is no model, seed or snapshot '${computed(name)}'${of}${within}${nearest(name, world.lookup.names())}`;
}

/** `source()` while a node runs. */
export function sourceFunction(world: RunWorld, reader: Reader): CallableValue {
  const { packageName } = reader;
  return new CallableValue("source", ({ positional }) => {
    const [source, table] = positional.map((each) => toText(plain(each)));
    const all = [...world.manifest.sources.values()].filter(
      (each) => each.source_name === source && each.name === table,
    );
    const own = all.find((each) => each.package_name === packageName);
    const [found = fail(`there is no source '${computed(source ?? "")}' with a table '${computed(table ?? "")}'`)] =
      own === undefined ? all : [own];
    return limited(world, reader, found, readRelationOfSource(world, found));
  });
}

type Target = ManifestNode | SourceDefinition;

function limited(world: RunWorld, reader: Reader, target: Target, relation: RelationValue): RelationValue {
  return inBatch(world, reader, target, world.isEmpty ? relation.with({ limit: 0 }) : relation);
}

/** What a batch reads of a relation: the rows of its time. */
function inBatch({ adapter }: RunWorld, { batch }: Reader, target: Target, relation: RelationValue): RelationValue {
  if (batch === undefined) return relation;
  const where = eventTimeFilter(target, batch, (name) => adapter.warehouse.quote(name));
  return where === undefined ? relation : relation.with({ where });
}

/** `ref('name')`, `ref('package', 'name')`, with `v=2` or `version=2`. */
export function refArguments({ positional, named }: CallArguments): RefArgs {
  const names = positional.map((each) => toText(plain(each)));
  const [packageName = null, name = ""] = names.length === 1 ? [null, names[0]] : names;
  if (names.length < 1 || names.length > 2) fail("ref() expects the name of a node, or a package and a name");
  const version: Value = plain(named.get("version") ?? named.get("v") ?? null);
  const isVersion = typeof version === "bigint" || typeof version === "number" || typeof version === "string";
  return { package: packageName, name, version: isVersion ? version : null };
}
