import type { z } from "zod";
import { duration, integer, object, quantity } from "./fields.ts";
import type { Quantity } from "./quantity.ts";

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

const LIMIT = { min: 0, max: 20 };

/** Why attempts fail, each with a budget of its own: which failure is of which kind stands in `run/failure-kinds.ts`. */
export const RETRY_KINDS = ["transient", "infrastructure", "timeout", "data", "configuration"] as const;
export type RetryKind = (typeof RETRY_KINDS)[number];
/** Those that no other attempt mends by itself. */
const LASTING: readonly RetryKind[] = ["data", "configuration"];

const limitOf = (description: string) => integer(description, LIMIT).optional();

const LimitByKind = object(
  "Attempts that may follow failures of one kind. They are counted by themselves and not by limit.",
  {
    transient: limitOf("A server or the network was in the way, or a program exited and did not say why."),
    infrastructure: limitOf(
      "The pod was deleted, lost with its node, killed for its memory, refused, or did not start, as where an image cannot be pulled.",
    ),
    timeout: limitOf("The attempt took longer than attemptTimeout."),
    data: limitOf("The task says that the data is wrong, or a check failed. 0 if nobody sets it."),
    configuration: limitOf("The task says that the pipeline, a Secret or the project is wrong. 0 if nobody sets it."),
  },
);

const MoreMemory = object(
  "More memory for the attempt after one that was killed for its memory: request and limit times factor, at most max. Parts of a fanned-out load are repeated with what they had.",
  {
    factor: integer("Factor from one such attempt to the next. 2 if neither the node nor the pipeline sets it.", {
      min: 2,
      max: 10,
    }).optional(),
    max: quantity("The most memory that an attempt gets: 8Gi."),
  },
);

export const Retries = object(
  "How often a failed attempt is repeated. A node takes from the pipeline each field that it does not set itself. Bad configuration and bad data are not repeated unless limitByKind says so; an evicted or preempted pod is, and does not count, unless it used more storage than its own limit.",
  {
    limit: integer(
      "Attempts that may follow failures of all kinds that have no limit of their own in limitByKind, together. 2 if neither the node nor the pipeline sets it.",
      LIMIT,
    ).optional(),
    limitByKind: LimitByKind.optional(),
    memory: MoreMemory.optional(),
    backoff: Backoff.optional(),
  },
);
export type Retries = z.infer<typeof Retries>;

/** Retries of which every field is known. */
export interface FullRetries {
  /** For failures of all kinds that have no limit of their own, together. */
  readonly limit: number;
  readonly limits: Readonly<Partial<Record<RetryKind, number>>>;
  /** Missing where an attempt is not to get more. */
  readonly memory?: { readonly factor: number; readonly max: Quantity };
  readonly backoff: { readonly initial: string; readonly factor: number; readonly max: string };
}

const DEFAULT = { limit: 2, factor: 2, backoff: { initial: "10s", factor: 2, max: "10m" } };

/** The retries of a node: each field its own, else the pipeline's, else the default. */
export function retriesOf(
  { retries: node = {} }: { readonly retries?: Retries | undefined },
  { retries: pipeline = {} }: { readonly retries?: Retries | undefined },
): FullRetries {
  const limit = node.limit ?? pipeline.limit ?? DEFAULT.limit;
  const own = (kind: RetryKind) =>
    node.limitByKind?.[kind] ?? pipeline.limitByKind?.[kind] ?? (LASTING.includes(kind) ? 0 : undefined);
  const limits = RETRY_KINDS.map((kind) => [kind, own(kind)] as const).filter(([, value]) => value !== undefined);
  const max = node.memory?.max ?? pipeline.memory?.max;
  const factor = node.memory?.factor ?? pipeline.memory?.factor ?? DEFAULT.factor;
  return {
    limit,
    limits: Object.fromEntries(limits),
    ...(max === undefined ? {} : { memory: { factor, max } }),
    backoff: { ...DEFAULT.backoff, ...defined(pipeline.backoff), ...defined(node.backoff) },
  };
}

function defined(backoff: Retries["backoff"] = {}): Partial<FullRetries["backoff"]> {
  return Object.fromEntries(Object.entries(backoff).filter(([, value]) => value !== undefined));
}
