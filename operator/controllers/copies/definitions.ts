import { ConnectionSpec } from "#api/connection.ts";
import type { ControlledKind } from "../../kinds/kinds.ts";
import type { CustomObject } from "../../kinds/objects.ts";
import { outlineOf } from "../../kinds/pipeline.ts";
import { isNotFound } from "../../kube/api-error.ts";
import type { Kube } from "../../kube/kube.ts";
import type { PipelineFacts } from "../../run/facts.ts";
import type { Caches } from "../loop/caches.ts";

/** What a run that has not begun would follow. */
export interface Definitions {
  readonly pipeline?: PipelineFacts;
  readonly connections: ReadonlyMap<string, ConnectionSpec>;
}

/** What the caches know, which keep no spec of a Pipeline: whether it is there, and suspended. */
export function cachedDefinitions(namespace: string, pipeline: string, caches: Pick<Caches, "pipelines">): Definitions {
  const found = caches.pipelines.get({ namespace, name: pipeline });
  if (found === undefined) return { connections: new Map() };
  const { uid, generation = 0 } = found.metadata;
  return { pipeline: { uid, generation, suspended: found.outline?.suspend === true }, connections: new Map() };
}

/** The Pipeline as it is now, and the Connections that it names: a run must follow what was applied before it was created. */
export async function liveDefinitions(namespace: string, pipeline: string, kube: Kube): Promise<Definitions> {
  const found = await find(kube, "Pipeline", namespace, pipeline);
  if (found === undefined) return { connections: new Map() };
  const { metadata, spec = null } = found;
  const connections = await liveConnections(namespace, outlineOf(spec).references, kube);
  return { pipeline: { uid: metadata.uid, generation: metadata.generation ?? 0, spec }, connections };
}

async function liveConnections(
  namespace: string,
  names: readonly string[],
  kube: Kube,
): Promise<Definitions["connections"]> {
  const found = await Promise.all(names.map((name) => find(kube, "Connection", namespace, name)));
  return soundConnections(found.filter((object) => object !== undefined));
}

async function find(
  kube: Kube,
  kind: ControlledKind,
  namespace: string,
  name: string,
): Promise<CustomObject | undefined> {
  try {
    return await kube.get(kind, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Those of the Connections that say something sensible. */
export function soundConnections(objects: readonly CustomObject[]): Definitions["connections"] {
  const found = new Map<string, ConnectionSpec>();
  for (const { metadata, spec } of objects) {
    const parsed = ConnectionSpec.safeParse(spec);
    if (parsed.success) found.set(metadata.name, parsed.data);
  }
  return found;
}
