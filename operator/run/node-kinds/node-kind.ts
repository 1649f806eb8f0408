import type { PipelineNode } from "../../api/pipeline.ts";
import type { NodeContext, NodeDecision } from "../node.ts";

/**
 * A kind of nodes whose work is not a Job of the run: one that waits for something, or starts another run. All that the rules of runs
 * have to know of it stands here, so that a new kind changes none of them.
 *
 * How a kind is added:
 *
 * 1. its verb: a file in `api/verbs/` with a line in `verbs.ts`;
 * 2. this, its pure side: a file beside this one and a line in `node-kinds.ts`. `Seen` is what its decision may look at beside the run's
 *    status, such as the end of a check or the state of another run;
 * 3. its hands, which see that and do what the decision says: a file in `controllers/runs/node-kinds/` and a line in its `hands.ts`.
 *
 * | of a node of such a kind                                  | who decides                                                       |
 * |-----------------------------------------------------------|-------------------------------------------------------------------|
 * | it may not begin yet, or never will                       | the rule of its needs, as of every node (`node.ts`)               |
 * | it may begin, or has begun                                | `decide`, until its stored state is an end                        |
 * | there is nothing to do yet                                | `decide`: Running, with a reason, and when to look again. That counts no attempt |
 * | it has ended, or the run is to end, and it still works    | `stop`; the run ends when nothing `isLive` any more               |
 * | a node that needs it has a Job                            | it has succeeded, whatever can be seen of it                      |
 * | another node could start ahead of its end                 | none does: when it ends is unknown                                 |
 *
 * Its status has no `attempt` and no `jobUid`, which speak of Jobs of the run, and its state is not Waiting, which says that there is no room.
 */
export interface NodeKind<Seen> {
  takes(node: PipelineNode): boolean;
  /**
   * What becomes of a node that may begin or has begun, and has not ended. Its orders are carried out before the decision is stored, and
   * again where a process ends in between: an order that is carried out twice must do no more than once.
   */
  decide(context: NodeContext, seen: Seen | undefined): KindDecision;
  /** Whether what is seen proves that the node has begun, whatever its stored status says. */
  hasBegun(seen: Seen): boolean;
  /** Whether something of the node still works: its run does not end before that has. */
  isLive(seen: Seen): boolean;
  /** The orders that end what works; none where that has been ordered already. */
  stop(seen: Seen, why: string): readonly Order[];
}

/** What becomes of one node, with orders for the hands of its kind in the place of Jobs. */
export type KindDecision = Omit<NodeDecision, "actions" | "puzzle"> & { readonly orders?: readonly Order[] };

/** What a kind's hands are to do, as data, with a sentence for logs and dry runs. */
export interface Order {
  readonly says: string;
  readonly order: object;
}

/** Kinds of nodes by their names. */
export type NodeKinds = Readonly<Record<string, NodeKind<unknown>>>;
