import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import type { CustomObject } from "../../../kinds/objects.ts";
import type { Facts } from "../../../run/facts.ts";
import type { NodeKinds } from "../../../run/node-kinds/node-kind.ts";
import { NODE_KINDS, type SeenOf } from "../../../run/node-kinds/node-kinds.ts";
import type { KeysOfChanges } from "../../loop/caches.ts";
import type { ControllerServices } from "../../loop/services.ts";

/** A run as the caches show it, with its status read and the Jobs of packed nodes as nodes. */
export interface RunAtHand {
  readonly run: CustomObject;
  readonly status: PipelineRunStatus;
}

/**
 * What a kind of nodes sees in the cluster and does there: the shell around its entry in `run/node-kinds/`. It goes by the run's uid and
 * by its stored status, never by its copy of the spec, which a run that has ended does not read.
 */
export interface NodeHands<Seen> {
  /** What there is of the run's nodes of this kind, by node, from caches and memory. What is not there has no entry. */
  observe(at: RunAtHand): ReadonlyMap<string, Seen>;
  /** The same as the API server has it: asked where a decision follows from something not being there. Absent where caches are not involved. */
  confirm?(at: RunAtHand): Promise<ReadonlyMap<string, Seen>>;
  /**
   * Carries out an order of the kind's decision. Where no watch shows what comes of it, the run is woken: a run that is to end waits for
   * nodes that are live no more. Rejects with the ApiError of a fault that may pass: nothing is stored then, and the decision
   * is made again. The next {@link observe} says what is refused for good.
   */
  act(order: object, node: string, run: Facts["run"]): Promise<void>;
  /** The run, by its key, is gone. */
  forget?(key: string): void;
  /** Keys of the runs that a change in the cluster concerns. */
  readonly follows?: KeysOfChanges;
}

/** Hands by the names of their kinds. */
export type Hands = Readonly<Record<string, NodeHands<unknown>>>;

/** What hands are made with. */
export interface HandsServices extends ControllerServices {
  /** Has a run decided about, by its key. */
  readonly wakeRun: (key: string) => void;
}

/** Kinds of nodes with how their hands are made. */
export interface HandledKinds {
  readonly kinds: NodeKinds;
  readonly hands: (services: HandsServices) => Hands;
}

/** Every kind of nodes that is no Job. */
export const HANDLED_KINDS: HandledKinds = { kinds: NODE_KINDS, hands: nodeHands };

function nodeHands(_services: HandsServices): { readonly [K in keyof typeof NODE_KINDS]: NodeHands<SeenOf<K>> } {
  return {};
}
