import type { z } from "zod";
import { duration, integer, object } from "./fields.ts";

const Backoff = object("Waiting time between attempts: initial × factor^(attempt-1), at most max, ± 10 % jitter.", {
  initial: duration("Waiting time before the second attempt.").default("10s"),
  factor: integer("What the waiting time is multiplied by from one attempt to the next.", { min: 1, max: 10 }).default(
    2,
  ),
  max: duration("The longest waiting time.").default("10m"),
});

export const Retries = object(
  "How often a failed attempt is repeated. Bad configuration and bad data are never repeated; an evicted or preempted pod is, and does not count.",
  {
    limit: integer("Attempts after the first one.", { min: 0, max: 20 }).default(2),
    backoff: Backoff.prefault({}),
  },
);
export type Retries = z.infer<typeof Retries>;

const DEFAULT = Retries.parse({});

/** The retries of a node: its own, else the pipeline's, else the default. */
export function retriesOf(
  node: { readonly retries?: Retries | undefined },
  pipeline: { readonly retries?: Retries | undefined },
): Retries {
  return node.retries ?? pipeline.retries ?? DEFAULT;
}
