import { z } from "zod";
import { integer, text } from "./fields.ts";

/** What the health of data is made of. */
export const HEALTH_KINDS = ["tests", "models", "sources", "columns"] as const;
export type HealthKind = (typeof HEALTH_KINDS)[number];

/** What a task counts beside its tests. */
export const COUNTED_KINDS = ["models", "sources", "columns"] as const satisfies readonly HealthKind[];
export type CountedKind = (typeof COUNTED_KINDS)[number];

/** More than any project has: so many take seven digits of a status. */
export const COUNTED_MAX = 1_000_000;

const counted = z.strictObject({
  /** How many are as they should be. */
  good: z.int().min(0).max(COUNTED_MAX),
  of: z.int().min(0).max(COUNTED_MAX),
});
export type Counted = z.infer<typeof counted>;

/** What a task's result says of the health of its project. */
export const TaskHealth = z.strictObject({
  /** Models with a test. */
  models: counted.optional(),
  /** Sources that are fresh. */
  sources: counted.optional(),
  /** Columns with a description. */
  columns: counted.optional(),
});
export type TaskHealth = z.infer<typeof TaskHealth>;

const ratio = (what: string) => text(`${what}, such as 9/10.`, { max: 16 }).optional();

export const NodeHealth = z
  .object({
    models: ratio("Models with a test, of the models that the node took"),
    sources: ratio("Fresh sources, of those that the node looked at"),
    columns: ratio("Columns with a description, of those that the node's models have in the warehouse"),
  })
  .meta({ description: "How well a dbt project is tested, fresh and described." });
export type NodeHealth = z.infer<typeof NodeHealth>;

const share = (what: string, good: string, of: string) =>
  z
    .object({
      good: integer(good, { min: 0, max: Number.MAX_SAFE_INTEGER }),
      of: integer(of, { min: 0, max: Number.MAX_SAFE_INTEGER }),
      percent: integer("The share in whole per cent, rounded down.", { min: 0, max: 100 }),
    })
    .meta({ description: what })
    .optional();

export const RunHealth = z
  .object({
    tests: share("Tests that passed.", "Tests that passed.", "Tests that ran."),
    models: share("Models that are tested.", "Models with a test.", "Models."),
    sources: share("Sources that are fresh.", "Fresh sources.", "Sources whose age was asked."),
    columns: share("Columns that are described.", "Columns with a description.", "Columns of the models."),
  })
  .meta({ description: "The health of the data, summed over the nodes when the run has ended." });
export type RunHealth = z.infer<typeof RunHealth>;
export type Share = NonNullable<RunHealth["tests"]>;
