import { nanosOf, QUANTITY } from "../../api/quantity.ts";
import type { Trouble } from "../facts.ts";

/*
 * What is room, and what is a fault: the words of the scheduler and of quotas tell.
 *
 * | what is said                                                       | what it is                                       |
 * |--------------------------------------------------------------------|--------------------------------------------------|
 * | a suitable machine has too little left, or is away for a moment    | room: it may come free, or a machine may be added|
 * | a quota is used up, and would hold what is asked for when empty    | room                                             |
 * | a scheduling gate, a queue                                         | room: somebody lets it in                        |
 * | no machine has the labels, taints, volumes that the pod asks for   | a fault: nothing changes by itself               |
 * | a quota or a limit range can never hold what is asked for          | a fault                                          |
 */
const ROOM: readonly RegExp[] = [
  /\bInsufficient \S/,
  /\bToo many pods\b/,
  /\bno nodes available to schedule pods\b/,
  /\bnode\(s\) were unschedulable\b/,
  /\bexceed max volume count\b/,
  /\bnode\.kubernetes\.io\/(not-ready|unreachable|unschedulable|network-unavailable|[a-z]+-pressure)\b/,
];

/** Whether what a pod waits for is room. */
export function lacksRoom({ reason, message }: Trouble): boolean {
  if (reason === "SchedulingGated" || reason === "QuotaExceeded") return true;
  return reason === "Unschedulable" && ROOM.some((pattern) => pattern.test(message));
}

/** Whether a refusal says that a quota is used up which could hold the object when it is empty. */
export function exceedsQuota(message: string): boolean {
  if (!message.includes("exceeded quota:")) return false;
  const [requested, limited] = [amountsIn(message, "requested"), amountsIn(message, "limited")];
  return [...requested].every(([resource, amount]) => {
    const limit = limited.get(resource);
    return limit === undefined || amount <= limit;
  });
}

/** `requested: pods=1,requests.cpu=100m` as numbers, without those that have another shape. */
function amountsIn(message: string, word: string): ReadonlyMap<string, bigint> {
  const [, list = ""] = new RegExp(`\\b${word}: ([^\\s;]+)`).exec(message) ?? [];
  return new Map(
    list.split(",").flatMap((entry): [string, bigint][] => {
      const [resource = "", amount = ""] = entry.split("=");
      return QUANTITY.test(amount) ? [[resource, nanosOf(amount)]] : [];
    }),
  );
}
