import { integer, object } from "../fields.ts";

/** A load's parts, each with a pod of its own; also what a status counts them by. */
export const PARTS_MAX = 64;

export const FanOut = object(
  "Spreads the files over several pods by size. Each pod lands its part; the last pod publishes all parts in one transaction. A part that fails is tried again on its own, up to retries.limit times of the node: 10 s after its first failure, then twice as long each time. retries.backoff does not apply.",
  {
    pods: integer("Number of parts. Each part has its own pod.", { min: 2, max: PARTS_MAX }),
    parallel: integer("Number of pods that work at the same time. All of them if it is missing.", {
      min: 1,
      max: PARTS_MAX,
    }).optional(),
  },
  [
    {
      rule: "!has(self.parallel) || self.parallel <= self.pods",
      message: "parallel cannot be more than pods",
      holds: ({ parallel, pods }) => parallel === undefined || Number(parallel) <= Number(pods),
    },
  ],
);
