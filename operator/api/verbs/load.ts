import { z } from "zod";
import { manifestKey } from "../extract.ts";
import { Load } from "../load.ts";
import { APIS, BUCKETS, type ConnectionUse, POSTGRES, type VerbEntry, WAREHOUSES } from "./verb.ts";

export const load = {
  schema: Load,
  fields: [{ path: "load.from.connection" }, { path: "load.to.connection" }, { path: "load.to.via", optional: true }],
  connections: ({ from, to }): readonly ConnectionUse[] => [
    { path: ["load", "from", "connection"], connection: from.connection, kinds: sourceKinds(from) },
    { path: ["load", "to", "connection"], connection: to.connection, kinds: WAREHOUSES },
    ...(to.via === undefined ? [] : [{ path: ["load", "to", "via"], connection: to.via, kinds: BUCKETS }]),
  ],
  // The node whose files it loads.
  needs: ({ from }) => (from.node === undefined ? [] : [from.node]),
  work: (said, nodes) => {
    const source = nodes[said.from.node ?? ""]?.extract;
    return { verb: "load", load: said, ...(source === undefined ? {} : { manifest: manifestKey(source.to) }) };
  },
} as const satisfies VerbEntry<typeof Load>;

/** `manifest` is the key of the manifest that the node of `load.from.node` writes. */
export const LoadWork = z.strictObject({ verb: z.literal("load"), load: Load, manifest: z.string().optional() });

function sourceKinds({ files, node, http }: z.infer<typeof Load>["from"]): NonNullable<ConnectionUse["kinds"]> {
  if (http !== undefined) return APIS;
  return files === undefined && node === undefined ? POSTGRES : ["s3", "files"];
}
