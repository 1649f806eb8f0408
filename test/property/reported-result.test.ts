import fc from "fast-check";
import { expect, it } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { TaskResult } from "#api/task.ts";
import { type Decision, decide } from "../../operator/run/decide.ts";
import type { AttemptFacts, Facts, PodFacts } from "../../operator/run/facts.ts";
import { statusOf } from "../../operator/run/status.ts";
import { aJob, aPod, aResult, someFacts, T0 } from "../support/manifests/make.ts";

/** What becomes of the one pod of an attempt: each once, in any order that can be, and the operator looks in between. */
const EVENTS = ["push", "exit", "verdict", "crash", "cancel"] as const;
type Event = (typeof EVENTS)[number];

function ordersOf<T>(events: readonly T[]): readonly (readonly T[])[] {
  if (events.length === 0) return [[]];
  return events.flatMap((one) => ordersOf(events.filter((other) => other !== one)).map((rest) => [one, ...rest]));
}

const ORDERS = EVENTS.flatMap((_, size) => ordersOf(EVENTS.slice(0, size + 1)));

const node = { test: { connection: "warehouse", checks: [{ name: "any", sql: "select 1" }] } };
const spec = PipelineSpec.parse({
  connections: { warehouse: { postgres: {} } },
  retries: { limit: 1, backoff: { initial: "1s", max: "1s" } },
  nodes: { a: node, b: { ...node, needs: ["a"] } },
});

/** What the task came to, how its container ended, and whether its message was kept. */
const ending = fc.record({
  outcome: fc.constantFrom("succeeded" as const, "failed" as const),
  exitCode: fc.constantFrom(0, 3, 65, 75, 137),
  keeps: fc.boolean(),
});
type Ending = typeof ending extends fc.Arbitrary<infer T> ? T : never;

const resultOf = ({ outcome }: Ending): string => {
  const error = { kind: "transient", code: "08006", message: "the connection broke" } as const;
  return aResult("a", 1, outcome === "failed" ? { outcome, error } : { outcome });
};

/** A run of two nodes of which the first one's task is at work. */
class World {
  facts: Facts;
  readonly #ending: Ending;
  #pod: PodFacts = aPod({ runningSince: T0 });
  #job = aJob("films-1-a-a1");

  constructor(of: Ending) {
    this.#ending = of;
    this.facts = someFacts(spec, {
      status: { nodes: { a: { state: "Running", attempt: 1, jobUid: this.#job.uid }, b: { state: "Pending" } } },
    });
    this.#show();
  }

  get hasExited(): boolean {
    return this.#pod.terminated !== undefined;
  }

  get status(): PipelineRunStatus {
    return this.facts.run.status;
  }

  play(event: Event): void {
    const at = this.facts.now + 1_500;
    this.facts = { ...this.facts, now: at };
    const { exitCode, keeps } = this.#ending;
    const { pushed: _, ...unheard } = this.#pod;
    const { runningSince: __, ...ended } = this.#pod;
    const message = keeps ? resultOf(this.#ending) : "";
    if (event === "push") this.#pod = { ...this.#pod, pushed: { result: this.#result(), at } };
    if (event === "crash") this.#pod = unheard;
    if (event === "exit") this.#pod = { ...ended, terminated: { exitCode, reason: "", message, at } };
    if (event === "verdict") {
      const succeeded = exitCode === 0 && this.hasExited;
      const reason = this.hasExited ? "BackoffLimitExceeded" : "DeadlineExceeded";
      this.#job = { ...this.#job, verdict: { succeeded, reason, message: "", at } };
    }
    if (event === "cancel") {
      const run = { ...this.facts.run, spec: { pipeline: "films", cancelled: true } };
      this.facts = { ...this.facts, run };
    }
    this.#show();
  }

  store({ verdict }: Decision): void {
    if (verdict === undefined) return;
    this.facts = { ...this.facts, run: { ...this.facts.run, status: statusOf(verdict, this.facts) } };
  }

  #result(): TaskResult {
    return TaskResult.parse(JSON.parse(resultOf(this.#ending)));
  }

  #show(): void {
    const attempt: AttemptFacts = { attempt: 1, job: this.#job, pods: [this.#pod] };
    this.facts = { ...this.facts, attempts: new Map([["a", [attempt]]]) };
  }
}

/** Plays every order of what can happen, and shows each decision with what is stored when it is made. */
function playAll(of: Ending, stores: number, look: (world: World, decision: Decision, before: string) => void): void {
  for (const order of ORDERS) {
    const world = new World(of);
    for (const [index, event] of order.entries()) {
      world.play(event);
      const decision = decide(world.facts);
      const before = world.status.nodes?.a?.state ?? "";
      look(world, decision, before);
      if (decision.actions.some((action) => action.do === "createJob")) break;
      if ((stores & (1 << index)) !== 0) world.store(decision);
    }
  }
}

const anyStory = [ending, fc.nat(2 ** EVENTS.length - 1)] as const;

it("in any order of push, message, exit, Job's verdict, crash and cancel: nothing follows from a push before it is stored", () => {
  fc.assert(
    fc.property(...anyStory, (of, stores) => {
      playAll(of, stores, (world, { actions }, before) => {
        const begins = (node: string) => actions.some((action) => action.do === "createJob" && action.node === node);
        if (begins("b"))
          expect([before === "Succeeded", world.hasExited && of.outcome === "succeeded"]).toContain(true);
        if (begins("a")) expect(world.hasExited).toBe(true);
      });
    }),
    { numRuns: 12 },
  );
});

it("in any such order: a success that is stored never turns, and what has failed is never called a success", () => {
  fc.assert(
    fc.property(...anyStory, (of, stores) => {
      playAll(of, stores, (_, { verdict }, before) => {
        const is = verdict?.nodes.a?.state;
        if (before === "Succeeded" && is !== undefined) expect(is).toBe("Succeeded");
        if (of.outcome === "failed") expect(is).not.toBe("Succeeded");
      });
    }),
    { numRuns: 12 },
  );
});

it("in any such order: a success whose message is kept is the node's, unless the run was stopped before", () => {
  fc.assert(
    fc.property(...anyStory, (of, stores) => {
      playAll({ ...of, outcome: "succeeded", keeps: true }, stores, (world, { verdict }) => {
        const isStopped = world.facts.run.spec.cancelled === true || world.facts.attempts.get("a")?.[0]?.job?.verdict;
        if (world.hasExited && !isStopped) expect(verdict?.nodes.a?.state ?? "Succeeded").toBe("Succeeded");
      });
    }),
    { numRuns: 12 },
  );
});
