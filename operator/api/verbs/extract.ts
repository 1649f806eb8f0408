import { z } from "zod";
import { Extract } from "../extract.ts";
import { APIS, BUCKETS, type ConnectionUse, POSTGRES, type VerbEntry } from "./verb.ts";

export const extract = {
  schema: Extract,
  fields: [{ path: "extract.from.connection" }, { path: "extract.to.connection", optional: true }],
  connections: ({ from, to }): readonly ConnectionUse[] => [
    {
      path: ["extract", "from", "connection"],
      connection: from.connection,
      kinds: from.http === undefined ? POSTGRES : APIS,
    },
    ...(to.connection === undefined
      ? []
      : [{ path: ["extract", "to", "connection"], connection: to.connection, kinds: BUCKETS }]),
  ],
  work: (said) => ({ verb: "extract", extract: said }),
} as const satisfies VerbEntry<typeof Extract>;

export const ExtractWork = z.strictObject({ verb: z.literal("extract"), extract: Extract });
