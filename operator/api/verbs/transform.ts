import { z } from "zod";
import { Transform } from "../transform.ts";
import { BUCKETS, type ConnectionUse, DBT_WAREHOUSES, type VerbEntry } from "./verb.ts";

export const transform = {
  schema: Transform,
  fields: [{ path: "transform.connection" }],
  connections: ({ connection, artifacts }): readonly ConnectionUse[] => [
    { path: ["transform", "connection"], connection, kinds: DBT_WAREHOUSES },
    ...(artifacts === undefined
      ? []
      : [{ path: ["transform", "artifacts", "connection"], connection: artifacts.connection, kinds: BUCKETS }]),
  ],
  work: (said) => ({ verb: "transform", transform: said }),
} as const satisfies VerbEntry<typeof Transform>;

export const TransformWork = z.strictObject({ verb: z.literal("transform"), transform: Transform });
