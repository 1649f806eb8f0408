import type { RunWorld } from "../context/run-world.ts";
import type { ManifestNode } from "../manifest/node.ts";

/** Whether a node makes a relation: its schema has to be there. Tests do where they keep what they find, by their settings or all of them. */
export function makesRelation({ resource_type, config }: ManifestNode, storesFailures: boolean): boolean {
  if (resource_type === "test") return storesFailures || config.store_failures === true;
  if (resource_type === "model") return config.materialized !== "ephemeral";
  return resource_type === "seed" || resource_type === "snapshot";
}

/** Makes the schemas of the nodes and fills the cache of relations: what dbt does before its first node. */
export function prepare(world: RunWorld, nodes: readonly ManifestNode[]): void {
  const { adapter } = world;
  world.nameSession("master", null);
  const wanted = new Map<string, readonly [string, string]>();
  for (const node of nodes.filter((each) => makesRelation(each, world.storesFailures))) {
    wanted.set(JSON.stringify([node.database, node.schema]).toLowerCase(), [node.database, node.schema]);
  }
  const databases = new Set([...wanted.values()].map(([database]) => database));
  for (const database of databases) {
    const present = new Set(adapter.schemas(database).map((schema) => schema.toLowerCase()));
    for (const [owner, schema] of wanted.values()) {
      if (owner !== database) continue;
      if (!present.has(schema.toLowerCase())) adapter.createSchema(adapter.relations.make({ database, schema }));
      adapter.listRelations(database, schema);
    }
  }
  if (wanted.size > 0) adapter.warehouse.linkRelations(adapter);
  adapter.connection.rollback();
}
