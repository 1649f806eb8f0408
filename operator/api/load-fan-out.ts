import { integer, object } from "./fields.ts";

/** A load's parts, each with a pod of its own; also what a status counts them by. */
export const PARTS_MAX = 64;

export const FanOut = object(
  "Deals the files out to several pods by their size. Each pod lands its part; the last one that is done publishes all of them in one transaction. A part that fails is tried again by itself, up to the node's retries.limit times, 10 s after its first failure and twice as long after each further one, whatever retries.backoff says.",
  {
    pods: integer("Parts of the load, each of which a pod of its own loads.", { min: 2, max: PARTS_MAX }),
    parallel: integer("Pods at work at the same time; all of them where it is missing.", {
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
