import type { NodeContext, NodeDecision } from "../node.ts";
import { settle, untilDue, words } from "../node-waits.ts";
import { type OwnNode, orderAction } from "./own-nodes.ts";

const LOST_END = "a node that needs it has begun; how it ended itself can no longer be seen";

/** A node whose kind has an entry of its own: that decides from when the node may begin, until its end is stored. */
export function decideOwn(context: NodeContext, { kind, entry, seen }: OwnNode): NodeDecision {
  const { stored, name, proven } = context;
  const hasBegun = stored.started !== undefined || (seen !== undefined && entry.hasBegun(seen));
  const idle = hasBegun || proven ? undefined : untilDue(context);
  if (idle !== undefined) return idle;
  const { orders = [], ...decision } = entry.decide(context, seen);
  if (proven && decision.status.state !== "Succeeded")
    return { ...settle(context, { ...stored, state: "Succeeded", ...words("", LOST_END) }), restsOnAbsence: true };
  return { ...decision, actions: orders.map((order) => orderAction(kind, name, order)) };
}
