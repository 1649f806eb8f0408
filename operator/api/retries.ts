import type { z } from "zod";
import { duration, integer, object } from "./fields.ts";

/*
 * No field has a default in the schema: the API server would write it into every object, and a field
 * that a node leaves out would look like one that it sets. `retriesOf` fills in the rest.
 */

const Backoff = object("Waiting time between attempts: initial × factor^(attempt-1), at most max, ± 10 % jitter.", {
  initial: duration(
    "Waiting time before the second attempt. 10s if neither the node nor the pipeline sets it.",
  ).optional(),
  factor: integer(
    "Factor of the waiting time from one attempt to the next. 2 if neither the node nor the pipeline sets it.",
    { min: 1, max: 10 },
  ).optional(),
  max: duration("The longest waiting time. 10m if neither the node nor the pipeline sets it.").optional(),
});

export const Retries = object(
  "How often a failed attempt is repeated. A node takes from the pipeline each field that it does not set itself. Bad configuration and bad data are never repeated; an evicted or preempted pod is, and does not count, unless it used more storage than its own limit.",
  {
    limit: integer("Attempts after the first one. 2 if neither the node nor the pipeline sets it.", {
      min: 0,
      max: 20,
    }).optional(),
    backoff: Backoff.optional(),
  },
);
export type Retries = z.infer<typeof Retries>;

/** Retries of which every field is known. */
export interface FullRetries {
  readonly limit: number;
  readonly backoff: { readonly initial: string; readonly factor: number; readonly max: string };
}

const DEFAULT: FullRetries = { limit: 2, backoff: { initial: "10s", factor: 2, max: "10m" } };

/** The retries of a node: each field its own, else the pipeline's, else the default. */
export function retriesOf(
  { retries: node = {} }: { readonly retries?: Retries | undefined },
  { retries: pipeline = {} }: { readonly retries?: Retries | undefined },
): FullRetries {
  return {
    limit: node.limit ?? pipeline.limit ?? DEFAULT.limit,
    backoff: { ...DEFAULT.backoff, ...defined(pipeline.backoff), ...defined(node.backoff) },
  };
}

function defined(backoff: Retries["backoff"] = {}): Partial<FullRetries["backoff"]> {
  return Object.fromEntries(Object.entries(backoff).filter(([, value]) => value !== undefined));
}
