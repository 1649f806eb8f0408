import { z } from "zod";
import { Test } from "../check.ts";
import { type VerbEntry, WAREHOUSES } from "./verb.ts";

export const test = {
  schema: Test,
  fields: [{ path: "test.connection" }],
  connections: ({ connection }) => [{ path: ["test", "connection"], connection, kinds: WAREHOUSES }],
  work: (said) => ({ verb: "test", test: said }),
} as const satisfies VerbEntry<typeof Test>;

export const TestWork = z.strictObject({ verb: z.literal("test"), test: Test });
