import { z } from "zod";
import { map } from "./fields.ts";

/** Lists and maps inside of each other, the outermost counted. */
const LEVELS_MAX = 16;

/** What a manifest can say of a variable. The API server hands whole numbers on without their decimal point: 2.0 is 2. */
const value = z
  .unknown()
  .refine((found) => isShallow(found, LEVELS_MAX), `expected at most ${LEVELS_MAX} levels of lists and maps`)
  .meta({
    description: "A value: a text, a number, true, false, a list or a map.",
    "x-kubernetes-preserve-unknown-fields": true,
  });

export const Vars = map("Values for var() in models; they win over dbt_project.yml.", value, {
  max: 64,
  key: z.string().max(63),
});

/** Whether a value has no more than so many levels: whoever walks through it does so by recursion. */
function isShallow(found: unknown, levels: number): boolean {
  if (typeof found !== "object" || found === null) return true;
  return levels > 0 && Object.values(found).every((each) => isShallow(each, levels - 1));
}
