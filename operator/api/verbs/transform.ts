import { z } from "zod";
import { Transform } from "../transform.ts";
import { POSTGRES, type VerbEntry } from "./verb.ts";

export const transform = {
  schema: Transform,
  fields: [{ path: "transform.connection" }],
  connections: ({ connection }) => [{ path: ["transform", "connection"], connection, kinds: POSTGRES }],
  work: (said) => ({ verb: "transform", transform: said }),
} as const satisfies VerbEntry<typeof Transform>;

export const TransformWork = z.strictObject({ verb: z.literal("transform"), transform: Transform });
