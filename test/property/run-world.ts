import fc from "fast-check";
import { PipelineSpec } from "#api/pipeline.ts";
import { jobName } from "../../operator/job/names.ts";
import { readCopy } from "../../operator/run/copy.ts";
import { type Decision, decide } from "../../operator/run/decide.ts";
import type { AttemptFacts, Facts, PodFacts } from "../../operator/run/facts.ts";
import { statusOf } from "../../operator/run/status.ts";
import { aMeta, anEndedPod, aPod, aResult, T0 } from "../support/manifests/make.ts";

const NODES = ["a", "b", "c", "d", "constructor"] as const;

/** Pipelines of up to five nodes, each needing some of those before it, now and then with limits of time. */
export const pipeline = fc
  .record({
    needs: fc.array(fc.subarray([...NODES]), { minLength: 1, maxLength: NODES.length }),
    limit: fc.nat(2),
    timeout: fc.option(fc.constantFrom("1m", "10m"), { nil: undefined, freq: 1 }),
    nodeTimeout: fc.option(fc.constantFrom("30s", "5m"), { nil: undefined, freq: 1 }),
  })
  .map(({ needs, limit, timeout, nodeTimeout }) => {
    const nodes = needs.map((list, index) => {
      const before: readonly string[] = NODES.slice(0, index);
      const more = nodeTimeout === undefined ? {} : { timeout: nodeTimeout };
      return [
        NODES[index],
        { needs: list.filter((need) => before.includes(need)), container: {}, startTimeout: "20s", ...more },
      ];
    });
    const retries = { limit, backoff: { initial: "1s", factor: 2, max: "5s" } };
    return PipelineSpec.parse({
      retries,
      nodes: Object.fromEntries(nodes),
      ...(timeout === undefined ? {} : { timeout }),
    });
  });

const fate = fc.constantFrom(
  "starts",
  "succeeds",
  "succeeds",
  "configuration",
  "transient",
  "transient",
  "killed",
  "evicted",
  "stuck",
  "stopped",
  "succeeds beside another",
  "killed beside another",
);
/** Which of the nodes that have a Job something happens to. */
const pick = fc.nat(NODES.length - 1);
/** What may happen next: the operator looks, or the world goes on. Rare things are rare, or every story would end by them. */
export const step = fc.oneof(
  { weight: 60, arbitrary: fc.record({ do: fc.constant("decide" as const), stores: fc.boolean() }) },
  { weight: 60, arbitrary: fc.record({ do: fc.constant("pod" as const), pick, fate }) },
  { weight: 25, arbitrary: fc.record({ do: fc.constant("judge" as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("vanish" as const), pick }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("collect" as const) }) },
  { weight: 30, arbitrary: fc.record({ do: fc.constant("time" as const), ms: fc.constantFrom(100, 1_500, 6_000) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("time" as const), ms: fc.constantFrom(21_000, 310_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const) }) },
);
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A run, its Jobs and Pods, as they really are: the operator's decisions and the world's steps change them in turn. */
export class RunWorld {
  facts: Facts;
  /** Every Job that was ever created, as node/attempt. */
  readonly created: string[] = [];

  constructor(spec: PipelineSpec) {
    this.facts = {
      now: T0,
      run: { meta: aMeta(), spec: { pipeline: "films" }, status: {} },
      pipeline: { uid: "uid-films", generation: 1, spec },
      connections: new Map(),
      attempts: new Map(),
      refusals: new Map(),
      troubles: new Map(),
    };
  }

  play(next: Step): void {
    switch (next.do) {
      case "decide":
        this.apply(decide(this.facts), next.stores);
        return;
      case "pod":
        this.#changeLatest(next.pick, (attempt, node) => withPod(attempt, node, next.fate));
        return;
      case "judge":
        this.#changeLatest(next.pick, (attempt) => judged(attempt, this.facts.now));
        return;
      case "vanish":
        this.#changeLatest(next.pick, (attempt, node) => (this.#isStored(node, attempt) ? undefined : attempt));
        return;
      case "collect":
        this.#changeAll((attempt) => (attempt.job?.deleting === true ? undefined : attempt));
        return;
      case "time":
        this.facts = { ...this.facts, now: this.facts.now + next.ms };
        return;
      case "cancel":
        this.#setRun({ spec: { pipeline: "films", cancelled: true } });
        return;
      default:
        next satisfies never;
    }
  }

  /** Carries the decision's actions out; the status write may not come about, because one was made a moment ago. */
  apply({ actions, verdict }: Decision, stores: boolean): void {
    for (const action of actions) {
      if (action.do === "createJob") this.#create(action.node, action.attempt);
      else if (action.do === "deleteJob")
        this.#changeAll((one) => (one.job?.uid === action.uid ? { ...one, job: { ...one.job, deleting: true } } : one));
    }
    if (verdict !== undefined && stores) {
      this.#setRun({ status: statusOf(verdict, this.facts) });
      if (verdict.begin !== undefined) this.facts = { ...this.facts, copy: readCopy(verdict.begin.spec) };
    }
    this.#changeAll((attempt) => attempt);
  }

  #create(name: string, attempt: number): void {
    this.created.push(`${name}/${attempt}`);
    const job = { name: jobName("films-1", name, attempt), uid: `${name}/${attempt}`, created: this.facts.now };
    const made: AttemptFacts = { attempt, job: { ...job, suspended: false, deleting: false }, pods: [] };
    const others = (this.facts.attempts.get(name) ?? []).filter((one) => one.attempt !== attempt);
    this.#setAttempts(new Map([...this.facts.attempts, [name, [...others, made]]]));
  }

  #changeLatest(index: number, change: (attempt: AttemptFacts, node: string) => AttemptFacts | undefined): void {
    const open = [...this.facts.attempts].filter(([, list]) => list.at(-1)?.job?.verdict === undefined);
    const [name, list] = open[index % Math.max(1, open.length)] ?? [];
    const latest = list?.at(-1);
    if (name === undefined || latest?.job === undefined) return;
    this.#changeAll((attempt) => (attempt === latest ? change(attempt, name) : attempt));
  }

  #changeAll(change: (attempt: AttemptFacts) => AttemptFacts | undefined): void {
    const changed = [...this.facts.attempts].map(
      ([name, attempts]) => [name, attempts.flatMap((attempt) => change(attempt) ?? [])] as const,
    );
    this.#setAttempts(new Map(changed));
  }

  /** A Job that somebody deletes before the status has spoken of it is one that never was: its attempt is made once more. */
  #isStored(name: string, { attempt }: AttemptFacts): boolean {
    return (this.facts.run.status.nodes?.[name]?.attempt ?? 0) >= attempt;
  }

  /** As `observe` does: the attempt that the stored status speaks of is there even when its Job is not. */
  #setAttempts(attempts: ReadonlyMap<string, readonly AttemptFacts[]>): void {
    const complete = new Map([...attempts].map(([name, list]) => [name, list.filter(({ job }) => job !== undefined)]));
    for (const [name, { attempt }] of Object.entries(this.facts.run.status.nodes ?? {})) {
      const known = complete.get(name) ?? [];
      if (attempt === undefined || known.some((one) => one.attempt === attempt)) continue;
      complete.set(
        name,
        [...known, { attempt, pods: [] }].sort((a, b) => a.attempt - b.attempt),
      );
    }
    this.facts = { ...this.facts, attempts: new Map([...complete].filter(([, list]) => list.length > 0)) };
  }

  #setRun(run: Partial<Facts["run"]>): void {
    this.facts = { ...this.facts, run: { ...this.facts.run, ...run } };
  }
}

const EXIT_CODES = { succeeds: 0, configuration: 64, transient: 75, killed: 137, evicted: 143, stopped: 0 } as const;
const BESIDE = " beside another";

/** The next thing that the newest pod does; a pod that has ended does nothing more, unless it was evicted and is replaced. */
function withPod(attempt: AttemptFacts, name: string, next: string): AttemptFacts {
  const newest = attempt.pods.at(-1);
  if (attempt.job?.verdict !== undefined || (newest?.terminated !== undefined && !newest.disrupted)) return attempt;
  const before = newest?.terminated === undefined ? attempt.pods.slice(0, -1) : attempt.pods;
  return { ...attempt, pods: [...before, podOf(attempt, name, next)] };
}

function podOf({ attempt }: AttemptFacts, name: string, next: string): PodFacts {
  if (next === "starts") return aPod({ runningSince: T0 });
  if (next === "stuck") return aPod({ waiting: { reason: "ErrImagePull", message: "" } });
  const end = next.replace(BESIDE, "");
  const exitCode = EXIT_CODES[end as keyof typeof EXIT_CODES];
  const outcome = end === "succeeds" ? "succeeded" : "failed";
  return anEndedPod(exitCode, end === "stopped" ? "" : aResult(name, attempt, { outcome, rows: 2 }), {
    disrupted: end === "evicted",
    ...(end === "stopped" ? { goneBy: T0 } : {}),
    ...(next === end ? {} : { lingering: ["sidecar"] }),
  });
}

function judged(attempt: AttemptFacts, now: number): AttemptFacts {
  const end = attempt.pods.at(-1);
  if (attempt.job === undefined || end?.terminated === undefined || end.disrupted || end.lingering) return attempt;
  const succeeded = end.terminated.exitCode === 0;
  const verdict = { succeeded, reason: succeeded ? "Complete" : "BackoffLimitExceeded", message: "", at: now };
  return { ...attempt, job: { ...attempt.job, verdict } };
}
