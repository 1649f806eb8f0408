import { createHash } from "node:crypto";
import { PLAN_UNIT, splitUnitKey } from "#api/packing.ts";
import { PipelineSpec } from "#api/pipeline.ts";
import { CONTRACT_VERSION, type FailureKind, STOPPED, TASK_SPEC_ENV, type TaskResult } from "#api/task.ts";
import type { Random } from "../../operator/kube/clock.ts";
import type { StoredObject } from "../support/fake-cluster/fake-api-objects.ts";
import { attemptOf, type Fate } from "../support/fake-cluster/fake-kubelet.ts";
import type { SimPacking } from "./packed-plans.ts";

/** What one attempt of a node is made to do, whatever else goes wrong. */
export type Outcome =
  | "succeeds"
  | "configuration"
  | "data"
  | "transient"
  | "killed"
  | "no result"
  | "stuck"
  /** It works until its deadline, and exits with 0 when it is told to stop. */
  | "deadline"
  /** Its node evicts it, and it exits with 0: such an attempt does not count. */
  | "stopped"
  /** It reports success, and something kills it before it has exited. */
  | "succeeds, then killed";

/** What one try of a part is made to do; `vanishes` succeeds, and its Pod is deleted before long. */
export type PartOutcome = Outcome | "vanishes";

/** What tasks push: nothing, the result that they leave as well, or that of another attempt or node, which is a lie. */
export type Pushes = "nothing" | "the result" | "another attempt's" | "another node's";

/** A story that one seed tells: a pipeline, what its attempts do, and how the world behaves meanwhile. */
export interface Plan {
  readonly spec: PipelineSpec;
  /** Outcomes of each node's attempts, in order; one for every attempt that is allowed. */
  readonly outcomes: ReadonlyMap<string, readonly Outcome[]>;
  /** Outcomes of loads that are fanned out: of each attempt, each part and each of its tries. */
  readonly parts: ReadonlyMap<string, readonly (readonly (readonly PartOutcome[])[])[]>;
  /** Nodes that several Jobs build together. */
  readonly packing?: SimPacking;
  /** Whether the run has parameters, and its nodes are given them (`param-plans.ts`). */
  readonly hasParams?: true;
  /** Whether the first pod of an attempt is evicted. */
  readonly evicted: (node: string, attempt: number) => boolean;
  /** What the first pod of an attempt pushes, if it pushes: only kelt's own verbs do. */
  readonly pushes: (node: string, attempt: number) => Pushes;
  /** Whether an injected container lives on in the pods of an attempt. */
  readonly beside: (node: string, attempt: number) => boolean;
  /** How far the clocks of the API server and of the kubelet are ahead of the operator's. */
  readonly skewMs: { readonly server: number; readonly kubelet: number };
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
    pushes: () => "nothing",
    beside: () => false,
    skewMs: { server: 0, kubelet: 0 },
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
      to: { connection: "warehouse", schema: `raw_${name}` },
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

/** The same plan, in which programs end in order when they are stopped, sidecars never end, and no two clocks agree. */
export function withEndings(plan: Plan, random: Random): Plan {
  const hour = 3_600_000;
  const skew = () => (random() < 0.3 ? Math.round((random() * 2 - 1) * hour) : 0);
  const replaced = (outcome: Outcome): Outcome =>
    random() < 0.15 && outcome !== "stuck" ? (random() < 0.5 ? "deadline" : "stopped") : outcome;
  const outcomes = new Map([...plan.outcomes].map(([name, list]) => [name, list.map(replaced)]));
  const isPlain = (name: string) => !plan.parts.has(name) && !plan.evicted(name, 1);
  const limited = [...outcomes].filter(([name, list]) => isPlain(name) && list.includes("deadline"));
  const timed = new Map(limited.map(([name]) => [name, { attemptTimeout: "30s", startTimeout: "25s" }]));
  const nodes = Object.entries(plan.spec.nodes).map(([name, node]) => [name, { ...node, ...timed.get(name) }]);
  const others = [...outcomes].filter(([name]) => isPlain(name) && random() < 0.3).map(([name]) => name);
  return {
    ...plan,
    spec: PipelineSpec.parse({ ...plan.spec, nodes: Object.fromEntries(nodes) }),
    outcomes: new Map([...outcomes].map(([name, list]) => [name, timed.has(name) ? list : list.map(unlimited)])),
    beside: (node) => others.includes(node),
    skewMs: { server: skew(), kubelet: skew() },
  };
}

/** The same plan, in which most nodes are of kelt's own verbs, whose tasks push their results. */
export function withPushes(plan: Plan, random: Random): Plan {
  const own = new Set([...plan.outcomes.keys()].filter((name) => !plan.parts.has(name) && random() < 0.8));
  const test = { connection: "warehouse", checks: [{ name: "any", sql: "select 1" }] };
  const nodes = Object.entries(plan.spec.nodes).map(([name, node]) => {
    const { container: _, ...rest } = node;
    return [name, own.has(name) ? { ...rest, test } : node];
  });
  const connections = { ...plan.spec.connections, warehouse: { postgres: {} } };
  const killed = (outcome: Outcome): Outcome =>
    outcome === "succeeds" && random() < 0.15 ? "succeeds, then killed" : outcome;
  const dice = new Map([...plan.outcomes].map(([name, list]) => [name, list.map(() => random())]));
  const startAhead = Math.floor(random() * 5);
  const pushes = (node: string, attempt: number): Pushes => {
    const rolled = dice.get(node)?.[attempt - 1] ?? 0;
    if (!own.has(node) || rolled < 0.15) return "nothing";
    return rolled < 0.9 ? "the result" : rolled < 0.95 ? "another attempt's" : "another node's";
  };
  return {
    ...plan,
    spec: PipelineSpec.parse({ ...plan.spec, connections, nodes: Object.fromEntries(nodes), startAhead }),
    outcomes: new Map([...plan.outcomes].map(([name, list]) => [name, own.has(name) ? list.map(killed) : list])),
    pushes,
  };
}

/** The same plan, in which some nodes of kelt's own verbs build one dbt project of git, into which somebody pushes all the time. */
export function withProjects(plan: Plan, random: Random): Plan {
  const project = { git: { url: "https://git.example/models.git", ref: "main" } };
  const transform = { connection: "warehouse", schema: "a", project, command: "build" };
  const chosen = new Set<string>();
  const nodes = Object.entries(plan.spec.nodes).map(([name, { test, ...rest }]) => {
    if (test === undefined || random() < 0.4) return [name, { ...rest, test }];
    chosen.add(name);
    return [name, { ...rest, transform }];
  });
  return {
    ...plan,
    spec: PipelineSpec.parse({ ...plan.spec, nodes: Object.fromEntries(nodes) }),
    // What becomes of a pod in an evicted one's place is no part of the plan: it may find another commit.
    evicted: (node, attempt) => !chosen.has(node) && plan.evicted(node, attempt),
  };
}

/** The commit that a Job's task works with: the one that it is told, or the one of this very moment. */
export function commitOf(plan: Plan, job: StoredObject): string | undefined {
  const { node, attempt } = attemptOf(job);
  if (plan.spec.nodes[node]?.transform === undefined) return undefined;
  return toldCommit(job) ?? createHash("sha1").update(`${node}/${attempt}`).digest("hex");
}

/** The commit that a Job's task is told. */
export function toldCommit({ spec }: StoredObject): string | undefined {
  const { template } = spec as {
    template?: { spec?: { containers?: { env?: { name: string; value?: string }[] }[] } };
  };
  const env = template?.spec?.containers?.[0]?.env ?? [];
  const said = env.find(({ name }) => name === TASK_SPEC_ENV)?.value ?? "{}";
  return (JSON.parse(said.replaceAll("$$", "$")) as { commit?: string }).commit;
}

function unlimited(outcome: Outcome): Outcome {
  return outcome === "deadline" ? "stopped" : outcome;
}

/** What the kubelet does with the n-th pod of a Job, or of a part of it. */
export function fateOf(plan: Plan, job: StoredObject, pod: number, part?: number): Fate {
  const { node, attempt, run } = attemptOf(job);
  const found = commitOf(plan, job);
  const commit = found === undefined ? {} : { commit: found };
  const plans = splitUnitKey(node).unit === PLAN_UNIT ? plan.packing?.plans.get(splitUnitKey(node).node) : undefined;
  const said = plans === undefined ? {} : { plan: plans };
  const isEvicted = plan.evicted(node, attempt);
  const pushing = (outcome: "succeeded" | FailureKind, code?: string) =>
    part === undefined ? pushOf(plan, { run, node, attempt, ...commit, ...said }, outcome, code) : {};
  const outcome = plannedOutcome(plan, { node, attempt, part, pod: isEvicted && part === 0 ? pod - 1 : pod });
  if (pod === 0 && isEvicted && (part ?? 0) === 0)
    return { end: "evicted", ...(isSuccess(outcome) ? pushing("succeeded") : pushing("transient", STOPPED)) };
  const result = (outcome: string) =>
    JSON.stringify({
      ...{ version: CONTRACT_VERSION, run, node, attempt, outcome, message: outcome },
      ...(part === undefined ? {} : { part, rows: 1 }),
      ...commit,
      ...(outcome === "succeeded" ? said : {}),
    });
  // Killed before it has looked the commit up, or after.
  const note =
    found === undefined || attempt % 2 === 0 ? "" : JSON.stringify({ ...speakerOf(run, node, attempt), ...commit });
  const exits = (exitCode: number, message: string, pushes: object = {}): Fate => {
    const beside = plan.beside(node, attempt) ? { beside: true as const } : {};
    return { end: "exits", exitCode, message, ...beside, ...pushes };
  };
  switch (outcome) {
    case "no result":
      return exits(0, part === undefined ? result("succeeded") : "");
    case "succeeds":
      return exits(0, result("succeeded"), pushing("succeeded"));
    case "succeeds, then killed":
      return exits(137, result("succeeded"), pushing("succeeded"));
    case "vanishes":
      return { end: "exits", exitCode: 0, message: result("succeeded"), vanishes: true };
    case "configuration":
      return exits(64, result("failed"), pushing("configuration"));
    case "data":
      return exits(65, note, pushing("data"));
    case "transient":
      return exits(75, result("failed"), pushing("transient"));
    case "killed":
      return exits(137, note);
    case "deadline":
      return { end: "stops", by: "deadline" };
    case "stopped":
      return { end: "stops", by: "node" };
    case "stuck":
      return { end: "stuck", reason: "ErrImagePull" };
  }
}

function speakerOf(run: string, node: string, attempt: number) {
  return { version: CONTRACT_VERSION, run, node, attempt };
}

const VERSION: TaskResult["version"] = CONTRACT_VERSION;

/** What a task pushes a while before it exits. */
function pushOf(
  plan: Plan,
  {
    run,
    node,
    attempt,
    plan: units,
    ...commit
  }: {
    readonly run: string;
    readonly node: string;
    readonly attempt: number;
    readonly commit?: string;
    readonly plan?: string;
  },
  outcome: "succeeded" | FailureKind,
  code = "Unexpected",
): { readonly pushes?: TaskResult } {
  const what = plan.pushes(node, attempt);
  if (what === "nothing") return {};
  const speaker = {
    run,
    node: what === "another node's" ? "n0-of-another" : node,
    attempt: what === "another attempt's" ? attempt + 1 : attempt,
  };
  const said = { version: VERSION, ...speaker, message: outcome, ...commit };
  if (outcome === "succeeded") return { pushes: { ...said, outcome, ...(units === undefined ? {} : { plan: units }) } };
  return { pushes: { ...said, outcome: "failed", error: { kind: outcome, code, message: outcome } } };
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

/** Nodes that run a container need no result: their exit code 0 is enough. */
export function isSuccess(outcome: PartOutcome): boolean {
  return outcome === "succeeds" || outcome === "succeeds, then killed" || outcome === "no result";
}
