import type { PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { decide } from "../../operator/run/decide.ts";
import type { AttemptFacts, Facts, PodFacts } from "../../operator/run/facts.ts";
import { TERMINAL } from "../../operator/run/node.ts";
import { statusOf } from "../../operator/run/status.ts";
import { aFailedJob, aJob, anEndedPod, aPod, aResult, someFacts, T0 } from "../support/manifests/make.ts";
import { fateByRule, type NodeEnd, STATES } from "./expected-states.ts";
import type { Plan } from "./plan.ts";
import { brokenRules } from "./rule-plans.ts";

/*
 * Every story that one pipeline can have, on the decision core alone: whatever its pods do, in any order, with a crash between any action and
 * the status, an eviction and a cancellation at any moment. Clocks stand still: waits are of no time.
 *
 * | a Job is  | what happens to it next                               |
 * |-----------|-------------------------------------------------------|
 * | works     | it succeeds, fails once, fails for good, is evicted   |
 * | evicted   | its pod is replaced (works)                           |
 * | ended     | nothing                                               |
 * | deleting  | it goes                                               |
 * | gone      | nothing                                               |
 */
type JobState = "works" | "evicted" | "succeeded" | "transient" | "permanent" | "deleting" | "gone";

interface World {
  readonly jobs: Readonly<Record<string, readonly JobState[]>>;
  readonly status: PipelineRunStatus;
  readonly cancelled: boolean;
  readonly evictions: number;
}

/** What the search may let happen. */
export interface Freedom {
  readonly cancel: boolean;
  readonly evictions: number;
}

export interface Searched {
  readonly states: number;
  /** The first promise that is broken, with the way to it. */
  readonly violation?: string;
}

/** When pods end, at the latest. */
const NOW = T0 + 1000;
const LIVE: readonly JobState[] = ["works", "evicted", "deleting"];

/** Walks through all states that the pipeline can come to. */
export function search(spec: PipelineSpec, freedom: Freedom): Searched {
  const start = someFacts(spec);
  const first: World = {
    jobs: Object.fromEntries(Object.keys(spec.nodes).map((name) => [name, []])),
    status: start.run.status,
    cancelled: false,
    evictions: 0,
  };
  const seen = new Map<string, string>([[keyOf(first), "begin"]]);
  const open: { readonly world: World; readonly key: string }[] = [{ world: first, key: keyOf(first) }];
  const parents = new Map<string, string>();
  for (const { world, key } of open) {
    const steps = stepsFrom(world, spec, start, freedom);
    const broken = steps.find(({ violation }) => violation !== undefined);
    const stuck = steps.every((step) => keyOf(step.world) === key);
    const wrong = broken?.violation ?? (stuck ? endViolation(world, spec) : undefined);
    if (wrong !== undefined) {
      const way = wayTo(key, parents, seen);
      return {
        states: seen.size,
        violation: `${wrong}\n  ${[...way, broken?.says ?? "nothing more happens"].join("\n  ")}`,
      };
    }
    for (const { world: next, says } of steps) {
      const nextKey = keyOf(next);
      if (seen.has(nextKey)) continue;
      seen.set(nextKey, says);
      parents.set(nextKey, key);
      open.push({ world: next, key: nextKey });
    }
  }
  return { states: seen.size };
}

/** What a state is to the decision: its messages are not. */
function keyOf({ jobs, status, cancelled, evictions }: World): string {
  const nodes = Object.values(status.nodes ?? {}).map(({ state, attempt, reason }) => [state, attempt, reason]);
  return JSON.stringify([jobs, nodes, status.conditions?.[0]?.reason, cancelled, evictions]);
}

function wayTo(key: string, parents: ReadonlyMap<string, string>, says: ReadonlyMap<string, string>): string[] {
  const before = parents.get(key);
  return [...(before === undefined ? [] : wayTo(before, parents, says)), says.get(key) ?? ""];
}

interface Step {
  readonly world: World;
  readonly says: string;
  readonly violation?: string;
}

function stepsFrom(world: World, spec: PipelineSpec, start: Facts, freedom: Freedom): Step[] {
  return [...events(world, freedom), ...passes(world, spec, start)];
}

/** What pods and people do. */
function events(world: World, { cancel, evictions }: Freedom): Step[] {
  const steps = Object.entries(world.jobs).flatMap(([node, list]) => {
    const place = list.length - 1;
    const now = list[place];
    const to = (state: JobState, says: string, more: Partial<World> = {}, at = place): Step => {
      const jobs = { ...world.jobs, [node]: list.with(at, state) };
      return { world: { ...world, ...more, jobs }, says: `${node}: ${says}` };
    };
    const going = list.indexOf("deleting");
    if (going >= 0) return [to("gone", "its Job is gone", {}, going)];
    if (now === "evicted") return [to("works", "its pod is replaced")];
    if (now !== "works") return [];
    return [
      to("succeeded", "succeeds"),
      to("transient", "fails once"),
      to("permanent", "fails for good"),
      ...(world.evictions < evictions ? [to("evicted", "is evicted", { evictions: world.evictions + 1 })] : []),
    ];
  });
  const isOver = world.status.conditions?.[0]?.status !== "Unknown";
  const cancelled = { world: { ...world, cancelled: true }, says: "somebody cancels the run" };
  return cancel && !world.cancelled && !isOver ? [...steps, cancelled] : steps;
}

/** A pass of the operator: whole, or with a crash after some of its actions. */
function passes(world: World, spec: PipelineSpec, start: Facts): Step[] {
  const facts = factsOf(world, start);
  const { actions, verdict } = decide(facts);
  const steps: Step[] = [];
  let acted = world;
  const says: string[] = [];
  for (const action of actions) {
    if (action.do === "createJob") {
      const { node, attempt } = action;
      const made = acted.jobs[node] ?? [];
      says.push(`${node}: attempt ${attempt} is made`);
      if (attempt > made.length) {
        const violation = wrongJob(acted, spec, node, attempt);
        acted = { ...acted, jobs: { ...acted.jobs, [node]: [...made, "works"] } };
        if (violation !== undefined) return [{ world: acted, says: says.join(", "), violation }];
      }
    } else {
      const list = acted.jobs[action.node] ?? [];
      says.push(`${action.node}: its Job is deleted`);
      acted = {
        ...acted,
        jobs: { ...acted.jobs, [action.node]: list.map((state) => (LIVE.includes(state) ? "deleting" : state)) },
      };
    }
    steps.push({ world: acted, says: `${says.join(", ")}, and the process dies` });
  }
  if (verdict === undefined) return steps;
  const status = { ...statusOf(verdict, facts) };
  const violation = leftEnd(world.status, status);
  const whole = { world: { ...acted, status }, says: [...says, `stored: ${brief(status)}`].join(", ") };
  return [...steps, violation === undefined ? whole : { ...whole, violation }];
}

function brief({ nodes = {}, conditions }: PipelineRunStatus): string {
  const states = Object.entries(nodes).map(([name, { state, reason }]) => `${name} ${state} ${reason ?? ""}`.trim());
  return `${conditions?.[0]?.reason ?? ""}: ${states.join(", ")}`;
}

/** Why a Job must not be made now. */
function wrongJob({ jobs, status }: World, spec: PipelineSpec, node: string, attempt: number): string | undefined {
  const own = jobs[node] ?? [];
  const isLive = (name: string) => (jobs[name] ?? []).some((state) => LIVE.includes(state));
  if (isLive(node)) return `two live Jobs of ${node}`;
  if (attempt !== own.length + 1) return `attempt ${attempt} of ${node} after ${own.length}`;
  if (own.length > (spec.retries?.limit ?? 0)) return `attempt ${attempt} of ${node} is beyond its limit`;
  const scene = {
    stored: (name: string) => status.nodes?.[name],
    succeeded: (name: string) => (jobs[name] ?? []).includes("succeeded"),
    lives: isLive,
  };
  return brokenRules({ spec } as Plan, node, scene)[0];
}

function leftEnd(was: PipelineRunStatus, is: PipelineRunStatus): string | undefined {
  const ended = was.conditions?.[0]?.status ?? "Unknown";
  if (ended !== "Unknown" && is.conditions?.[0]?.status !== ended) return `the run left its end: ${brief(is)}`;
  const left = Object.entries(was.nodes ?? {}).find(
    ([name, { state }]) => TERMINAL.includes(state) && is.nodes?.[name]?.state !== state,
  );
  return left === undefined ? undefined : `${left[0]} left its end: ${brief(is)}`;
}

/** What is wrong with a state in which nothing happens any more. */
function endViolation({ status, jobs, cancelled }: World, spec: PipelineSpec): string | undefined {
  if ((status.conditions?.[0]?.status ?? "Unknown") === "Unknown") return `the run does not end: ${brief(status)}`;
  const alive = Object.keys(jobs).find((name) => (jobs[name] ?? []).some((state) => LIVE.includes(state)));
  if (alive !== undefined) return `a Job of ${alive} lives on`;
  const nodes = status.nodes ?? {};
  const last = Object.keys(nodes).find(
    (name) => spec.nodes[name]?.finally === true && nodes[name]?.state === "Cancelled",
  );
  if (last !== undefined) return `${last}, a finally node, was cancelled`;
  return cancelled ? undefined : wrongEnd(nodes, jobs, spec);
}

/** Each node must have ended as the rules say of the ends that its pods have chosen. */
function wrongEnd(
  nodes: Readonly<Record<string, NodeStatus>>,
  jobs: World["jobs"],
  spec: PipelineSpec,
): string | undefined {
  const ends = new Map<string, NodeEnd>();
  for (const [name, node] of Object.entries(spec.nodes)) {
    const fate = fateByRule(
      node.triggerRule,
      (node.needs ?? []).map((need) => ends.get(need) ?? "failed"),
    );
    const failed = node.onFailure === "continue" ? "harmless" : "failed";
    ends.set(name, fate !== "begins" ? fate : (jobs[name] ?? []).includes("succeeded") ? "succeeded" : failed);
    const { state } = nodes[name] ?? { state: "Pending" };
    const expected = STATES[ends.get(name) ?? "failed"];
    if (state !== expected) return `${name} ended as ${state}, expected ${expected}`;
  }
  return undefined;
}

function factsOf({ jobs, status, cancelled }: World, start: Facts): Facts {
  const attempts = new Map(
    Object.entries(jobs).map(
      ([node, list]) =>
        [node, list.flatMap((state, place) => (state === "gone" ? [] : [attemptOf(node, place + 1, state)]))] as const,
    ),
  );
  const run = { ...start.run, status, spec: { pipeline: "films", ...(cancelled ? { cancelled: true } : {}) } };
  return { ...start, now: NOW, run, attempts: withStored(attempts, status) };
}

/** The attempt that the status speaks of is a fact, also where its Job is gone. */
function withStored(attempts: Map<string, AttemptFacts[]>, { nodes = {} }: PipelineRunStatus): Facts["attempts"] {
  for (const [name, { attempt }] of Object.entries(nodes)) {
    const list = attempts.get(name) ?? [];
    if (attempt !== undefined && !list.some((each) => each.attempt === attempt))
      attempts.set(name, [...list, { attempt, pods: [] }]);
  }
  return attempts;
}

function attemptOf(node: string, attempt: number, state: Exclude<JobState, "gone">): AttemptFacts {
  const name = `films-1-${node}-a${attempt}`;
  const uid = `pod-${node}-${attempt}`;
  const facts = (pods: readonly PodFacts[], job = {}): AttemptFacts => ({ attempt, job: aJob(name, job), pods });
  switch (state) {
    case "works":
      return facts([aPod({ uid, runningSince: T0 })]);
    case "evicted":
      return facts([anEndedPod(143, "", { uid, disrupted: true })]);
    case "succeeded":
      return facts([anEndedPod(0, aResult(node, attempt), { uid })]);
    case "transient":
      return facts([anEndedPod(1, "", { uid })], aFailedJob("BackoffLimitExceeded", T0));
    case "permanent":
      return facts([anEndedPod(64, "", { uid })], aFailedJob("PodFailurePolicy", T0));
    case "deleting":
      return facts([aPod({ uid, runningSince: T0 })], { deleting: true });
  }
}
