import { z } from "zod";
import { integer, oneOf, text } from "./fields.ts";

/*
 * Statuses are read leniently where specs are strict: a field that a newer operator wrote is passed over and kept, because
 * taking a status for none would begin a finished run again.
 */

/** RFC 3339 time in UTC with seconds or milliseconds. */
export function timestamp(description: string) {
  return z.string().max(40).meta({ description, format: "date-time" });
}

export const observedGeneration = integer("Generation of the spec that this status describes.", {
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
});

const Condition = z
  .object({
    type: text("What the condition is about.", { max: 64 }),
    status: oneOf("Whether it holds.", ["True", "False", "Unknown"]),
    observedGeneration: observedGeneration.optional(),
    lastTransitionTime: timestamp("When status last changed."),
    reason: text("The reason in one word, for programs.", { max: 64 }),
    message: text("The reason in a sentence, for people.", { max: 4096, min: 0 }),
  })
  .meta({ description: "One condition, as KEP-1623 defines it." });

export type Condition = z.infer<typeof Condition>;

export const conditions = conditionsOf("The state of the object as Kubernetes conditions.");

/** The list of conditions, in words of its own where a kind has more to say of them. */
export function conditionsOf(description: string) {
  return z
    .array(Condition)
    .max(8)
    .meta({ description, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] });
}
