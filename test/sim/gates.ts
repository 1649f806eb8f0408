import { PipelineSpec } from "#api/pipeline.ts";
import type { HandsServices, NodeHands } from "../../operator/controllers/runs/node-kinds/hands.ts";
import type { Clock, Random } from "../../operator/kube/clock.ts";
import type { NodeKind } from "../../operator/run/node-kinds/node-kind.ts";
import { timeText } from "../../operator/run/time.ts";
import type { Plan } from "./plan.ts";

/** The image by which a node of a story is a gate. */
const GATE = "gate.example/gate";
/** A gate that is asked about is open, or broken, after so long; one in five answers is lost. */
const OPENS_MS = 20_000;
const LOST = 0.2;
const ASK_AGAIN_MS = 5_000;

/** What a process knows of a gate: when it asked, and the answer. */
interface SeenGate {
  readonly askedAt: number;
  readonly answer?: "open" | "broken";
}

/** The simulation's own kind of nodes: one waits until its gate is open, which somebody outside of the cluster says, once and to whoever asked. */
export const gate: NodeKind<SeenGate> = {
  takes: ({ container }) => container?.image === GATE,
  decide({ stored, facts: { now } }, seen) {
    const started = stored.started ?? timeText(now);
    if (seen?.answer === "open")
      return { status: { state: "Succeeded", started, finished: timeText(now) }, byPush: true };
    if (seen?.answer === "broken")
      return { status: { state: "Failed", started, finished: timeText(now), reason: "GateBroken" } };
    const status = { state: "Running" as const, started, reason: "GateShut" };
    const askAt = seen === undefined ? now : seen.askedAt + ASK_AGAIN_MS;
    if (now < askAt) return { status, wakeAt: askAt };
    return { status, orders: [{ says: "ask about the gate", order: { ask: true } }] };
  },
  hasBegun: () => true,
  isLive: ({ answer }) => answer === undefined,
  stop: () => [{ says: "ask no more", order: { ask: false } }],
};

/** The same plan, in which some nodes are gates: half of them open at last. */
export function withGates(plan: Plan, random: Random): Plan {
  const outcomes = new Map(plan.outcomes);
  const nodes = Object.entries(plan.spec.nodes).map(([name, node]) => {
    const { container, test, attemptTimeout: _, ...rest } = node;
    if ((container === undefined && test === undefined) || random() < 0.5) return [name, node];
    outcomes.set(name, [random() < 0.8 ? "succeeds" : "data"]);
    return [name, { ...rest, container: { image: GATE } }];
  });
  return { ...plan, outcomes, spec: PipelineSpec.parse({ ...plan.spec, nodes: Object.fromEntries(nodes) }) };
}

/** The gates of a story, and what each process has asked about them. */
export class Gates {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #asked = new Map<string, Map<string, SeenGate>>();
  onAsked: (node: string) => void = () => undefined;
  onAnswered: (node: string) => void = () => undefined;

  constructor(clock: Clock, random: Random, plan: Plan) {
    this.#clock = clock;
    this.#random = random;
    this.#plan = plan;
  }

  /** What a process sees of gates, and how it asks. All of it is gone with the process. */
  handsOf(process: string, { wakeRun }: HandsServices, run: string): NodeHands<SeenGate> {
    const seen = new Map<string, SeenGate>();
    this.#asked.set(process, seen);
    const tell = (node: string, answer: SeenGate["answer"]) => {
      const known = seen.get(node);
      if (known === undefined || answer === undefined || this.#asked.get(process) !== seen) return;
      seen.set(node, { ...known, answer });
      wakeRun(run);
    };
    return {
      observe: () => seen,
      act: (order, node) => {
        if ((order as { readonly ask: boolean }).ask) {
          seen.set(node, { askedAt: this.#clock.now() });
          this.#ask(node, tell);
        } else {
          seen.delete(node);
          wakeRun(run);
        }
        return Promise.resolve();
      },
    };
  }

  leave(process: string): void {
    this.#asked.delete(process);
  }

  /** Gates that a process waits for. */
  awaited(): readonly string[] {
    const seen = [...this.#asked.values()].flatMap((gates) => [...gates]);
    return seen.flatMap(([node, { answer }]) => (answer === undefined ? [node] : []));
  }

  #ask(node: string, tell: (node: string, answer: SeenGate["answer"]) => void): void {
    this.onAsked(node);
    const answer = this.#plan.outcomes.get(node)?.[0] === "succeeds" ? "open" : "broken";
    if (this.#random() < LOST) return;
    this.#clock.after(this.#random() * OPENS_MS, () => {
      if (answer === "open") this.onAnswered(node);
      tell(node, answer);
    });
  }
}
