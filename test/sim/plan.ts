import { PipelineSpec } from "#api/pipeline.ts";
import { CONTRACT_VERSION } from "#api/task.ts";
import type { Random } from "../../operator/kube/clock.ts";
import type { StoredObject } from "../support/fake-api-objects.ts";
import { attemptOf, type Fate } from "../support/fake-kubelet.ts";

/** What one attempt of a node is made to do, whatever else goes wrong. */
export type Outcome = "succeeds" | "configuration" | "data" | "transient" | "killed" | "no result" | "stuck";

/** What one try of a part is made to do; `vanishes` succeeds, and its Pod is deleted before long. */
export type PartOutcome = Outcome | "vanishes";

/** A story that one seed tells: a pipeline, what its attempts do, and how the world behaves meanwhile. */
export interface Plan {
  readonly spec: PipelineSpec;
  /** Outcomes of each node's attempts, in order; one for every attempt that is allowed. */
  readonly outcomes: ReadonlyMap<string, readonly Outcome[]>;
  /** Outcomes of loads that are fanned out: of each attempt, each part and each of its tries. */
  readonly parts: ReadonlyMap<string, readonly (readonly (readonly PartOutcome[])[])[]>;
  /** Whether the first pod of an attempt is evicted. */
  readonly evicted: (node: string, attempt: number) => boolean;
  readonly faults: {
    /** Numbers of the operator's calls at which its process dies, before or after the call was done. */
    readonly crashes: readonly { readonly call: number; readonly when: "before" | "after" }[];
    /** Chances of a call: that it fails before it is done, or after. */
    readonly failBefore: number;
    readonly loseReply: number;
    /** Longest time that an event is under way to a watch. */
    readonly watchDelayMaxMs: number;
    readonly outages: readonly { readonly at: number; readonly lasts: number }[];
    readonly broken: readonly number[];
    readonly forgets: readonly number[];
    /** When the Pipeline is replaced by another one, if it is. */
    readonly changedAt?: number;
    /** When the run is cancelled, if it is. */
    readonly cancelledAt?: number;
  };
}

/** Faults end at this time, so that everything that is promised eventually has to come. */
export const FAULTS_END_MS = 120_000;
const OUTCOMES: readonly Outcome[] = [
  "configuration",
  "data",
  "transient",
  "transient",
  "killed",
  "killed",
  "no result",
  "stuck",
];

export function planOf(random: Random): Plan {
  const int = (max: number) => Math.floor(random() * max);
  const names = Array.from({ length: 1 + int(7) }, (_, i) => `n${i}`);
  const nodes = Object.fromEntries(names.map((name, i) => [name, randomNode(names.slice(0, i), random)]));
  const spec = PipelineSpec.parse({
    nodes,
    retries: { limit: int(3), backoff: { initial: "1s", factor: 2, max: "5s" } },
  });
  const limit = spec.retries?.limit ?? 0;
  const outcome = (): Outcome => (random() < 0.75 ? "succeeds" : (OUTCOMES[int(OUTCOMES.length)] ?? "killed"));
  const evictions = new Set(names.filter(() => random() < 0.1).map((name) => `${name}/1`));
  const time = () => random() * FAULTS_END_MS;
  const rough = random() < 0.8;
  const several = (max: number) => (rough ? Array.from({ length: int(max + 1) }, time) : []);
  return {
    spec,
    outcomes: new Map(names.map((name) => [name, Array.from({ length: limit + 1 }, outcome)])),
    parts: new Map(),
    evicted: (node, attempt) => evictions.has(`${node}/${attempt}`),
    faults: {
      crashes: rough
        ? Array.from({ length: int(4) }, () => ({ call: 10 + int(60), when: random() < 0.5 ? "before" : "after" }))
        : [],
      failBefore: rough ? random() * 0.1 : 0,
      loseReply: rough ? random() * 0.1 : 0,
      watchDelayMaxMs: rough ? random() * 5_000 : 0,
      outages: several(2).map((at) => ({ at, lasts: 1_000 + random() * 20_000 })),
      broken: several(3),
      forgets: several(2),
      ...(random() < 0.3 ? { changedAt: random() * 10_000 } : {}),
      ...(random() < 0.15 ? { cancelledAt: random() * 15_000 } : {}),
    },
  };
}

function randomNode(before: readonly string[], random: Random): object {
  const needs = before.filter(() => random() < 0.4);
  return { needs, container: { command: ["/bin/true"] }, startTimeout: "40s" };
}

const PART_OUTCOMES: readonly PartOutcome[] = ["transient", "killed", "killed", "transient", "data", "configuration"];

/** The same plan, in which some nodes are loads that several pods do together. */
export function withFanOut(plan: Plan, random: Random): Plan {
  const int = (max: number) => Math.floor(random() * max);
  const limit = plan.spec.retries?.limit ?? 0;
  const parts = new Map<string, PartOutcome[][][]>();
  const nodes = Object.entries(plan.spec.nodes).map(([name, node]) => {
    if (random() < 0.6) return [name, node];
    const pods = 2 + int(3);
    parts.set(
      name,
      Array.from({ length: limit + 1 }, () => randomParts(pods, limit + 1, random)),
    );
    const { container: _, ...rest } = node;
    const load = {
      from: { connection: "lake", files: { films: "films/" } },
      to: { connection: "warehouse", schema: "raw" },
      fanOut: { pods, ...(random() < 0.5 ? { parallel: 1 + int(pods) } : {}) },
    };
    return [name, { ...rest, load }];
  });
  const connections = { lake: { s3: { bucket: "lake", region: "eu-central-1" } }, warehouse: { postgres: {} } };
  return { ...plan, parts, spec: PipelineSpec.parse({ ...plan.spec, connections, nodes: Object.fromEntries(nodes) }) };
}

/** An attempt in which a pod is stuck, or leaves no result, is followed by another; which of two ends comes first is not planned. */
function randomParts(pods: number, tries: number, random: Random): PartOutcome[][] {
  const isOdd = random() < 0.15;
  const odd = Math.floor(random() * pods);
  const pick = (): PartOutcome => {
    if (isOdd || random() < 0.85) return random() < 0.2 ? "vanishes" : "succeeds";
    return PART_OUTCOMES[Math.floor(random() * PART_OUTCOMES.length)] ?? "killed";
  };
  return Array.from({ length: pods }, (_, part) => {
    if (isOdd && part === odd) return Array.from({ length: tries }, () => (random() < 0.5 ? "stuck" : "no result"));
    return Array.from({ length: tries }, pick);
  });
}

/** What the kubelet does with the n-th pod of a Job, or of a part of it. */
export function fateOf(plan: Plan, job: StoredObject, pod: number, part?: number): Fate {
  const { node, attempt, run } = attemptOf(job);
  const isEvicted = plan.evicted(node, attempt);
  if (pod === 0 && isEvicted && (part ?? 0) === 0) return { end: "evicted" };
  const result = (outcome: string) =>
    JSON.stringify({
      ...{ version: CONTRACT_VERSION, run, node, attempt, outcome, message: outcome },
      ...(part === undefined ? {} : { part, rows: 1 }),
    });
  switch (plannedOutcome(plan, { node, attempt, part, pod: isEvicted && part === 0 ? pod - 1 : pod })) {
    case "no result":
      return { end: "exits", exitCode: 0, message: part === undefined ? result("succeeded") : "" };
    case "succeeds":
      return { end: "exits", exitCode: 0, message: result("succeeded") };
    case "vanishes":
      return { end: "exits", exitCode: 0, message: result("succeeded"), vanishes: true };
    case "configuration":
      return { end: "exits", exitCode: 64, message: result("failed") };
    case "data":
      return { end: "exits", exitCode: 65, message: "" };
    case "transient":
      return { end: "exits", exitCode: 75, message: result("failed") };
    case "killed":
      return { end: "exits", exitCode: 137, message: "" };
    case "stuck":
      return { end: "stuck", reason: "ErrImagePull" };
  }
}

function plannedOutcome(
  plan: Plan,
  {
    node,
    attempt,
    part,
    pod,
  }: { readonly node: string; readonly attempt: number; readonly part: number | undefined; readonly pod: number },
): PartOutcome {
  if (part === undefined) return plan.outcomes.get(node)?.[attempt - 1] ?? "succeeds";
  return plan.parts.get(node)?.[attempt - 1]?.[part]?.[pod] ?? "succeeds";
}

/** How every node must end when nobody cancels: what the plan says, whatever the faults were. */
export function expectedStates(plan: Plan): Record<string, "Succeeded" | "Failed" | "Skipped"> {
  const states: Record<string, "Succeeded" | "Failed" | "Skipped"> = {};
  for (const [name, node] of Object.entries(plan.spec.nodes)) {
    const blocked = (node.needs ?? []).some((need) => states[need] !== "Succeeded");
    const parts = plan.parts.get(name);
    const end = parts === undefined ? endOf(plan.outcomes.get(name) ?? []) : endOfParts(parts);
    states[name] = blocked ? "Skipped" : end;
  }
  return states;
}

function endOf(outcomes: readonly Outcome[]): "Succeeded" | "Failed" {
  for (const outcome of outcomes) {
    // These nodes are containers: exit code 0 is enough.
    if (outcome === "succeeds" || outcome === "no result") return "Succeeded";
    if (outcome === "configuration" || outcome === "data") return "Failed";
  }
  return "Failed";
}

/** Parts are tried again by their Job; only what ends all of them at once is followed by another attempt. */
function endOfParts(attempts: readonly (readonly (readonly PartOutcome[])[])[]): "Succeeded" | "Failed" {
  for (const parts of attempts) {
    const isRepeated = parts.some(([first]) => first === "stuck" || first === "no result");
    if (isRepeated) continue;
    return parts.every(partSucceeds) ? "Succeeded" : "Failed";
  }
  return "Failed";
}

function partSucceeds(tries: readonly PartOutcome[]): boolean {
  const last = tries.find((outcome) => outcome !== "transient" && outcome !== "killed");
  return last === "succeeds" || last === "vanishes";
}
