import { pino } from "pino";
import { LABEL } from "#api/metadata.ts";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import type { Clock } from "../../operator/kube/clock.ts";
import { LeaderElector } from "../../operator/kube/lease.ts";
import { Operator } from "../../operator/operator.ts";
import { readSettings } from "../../operator/settings.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { FakeApi } from "../support/fake-cluster/fake-api.ts";
import type { FakeClient } from "../support/fake-cluster/fake-api-client.ts";
import { connectionLost, type FakeCall } from "../support/fake-cluster/fake-api-server.ts";
import { FakeKubelet, FORGED_LABEL, type Script } from "../support/fake-cluster/fake-kubelet.ts";
import { FakeClock, settled } from "../support/machine/fake-clock.ts";
import { seededRandom } from "../support/machine/fake-random.ts";
import { expectedStates, mustSucceed } from "./expected-states.ts";
import { Gates, gate, withGates } from "./gates.ts";
import { Invariants } from "./invariants.ts";
import { jobLives } from "./live-jobs.ts";
import { forgedFate, type Mischief, mischiefOf, Neighbour } from "./neighbour.ts";
import { withPacking } from "./packed-plans.ts";
import { CHANGED_PARAMS, SAID, withParams } from "./param-plans.ts";
import { FAULTS_END_MS, fateOf, type Plan, planOf, withEndings, withFanOut, withProjects, withPushes } from "./plan.ts";
import { ReportingTasks } from "./reporting-tasks.ts";
import { withRules } from "./rule-plans.ts";

/** What a seed's story came to. */
export interface Story {
  readonly seed: number;
  readonly plan: Plan;
  readonly mischief: Mischief;
  /** Empty when all is well. */
  readonly violations: readonly string[];
  /** Every call of operators to the server, and what it was about. */
  readonly calls: readonly FakeCall[];
  readonly status: PipelineRunStatus;
  /** Virtual time until the run had ended. */
  readonly endedAtMs: number;
}

const NAMESPACE = "sim";
const RUN = { namespace: NAMESPACE, name: "run" };
/** The dice of fan-outs are others than those of the plan, so that a seed means the same with and without them. */
const FAN_OUT_SEEDS = 1_000_000_007;
const ENDING_SEEDS = 2_000_000_011;
const NEIGHBOUR_SEEDS = 3_000_000_019;
const PUSH_SEEDS = 4_000_000_007;
const LIE_SEEDS = 5_000_000_029;
const PROJECT_SEEDS = 6_000_000_007;
const PACKING_SEEDS = 7_000_000_001;
const GATE_SEEDS = 8_000_000_011;
const PARAM_SEEDS = 9_000_000_011;
const RULE_SEEDS = 8_000_000_011;
const LIMIT_MS = 30 * 60_000;
/** What all replicas have in a file. */
const SEAL_KEY = Buffer.alloc(32, "key");

function givenParams(plan: Plan, seed: number, hasParams: boolean): Plan {
  return hasParams ? withParams(plan, seededRandom(seed + PARAM_SEEDS)) : plan;
}

/** Plays the story of a seed: the real operator and leader election against a server in memory, in virtual time. */
export async function simulate(
  seed: number,
  {
    fanOut = true,
    endings = true,
    neighbours = true,
    pushes = true,
    projects = seed % 2 === 0,
    packing = seed % 3 === 0,
    gates: hasGates = seed % 6 === 5,
    params = seed % 3 === 1,
    rules = seed % 4 !== 0 && seed % 6 !== 5 && seed % 3 !== 1,
  } = {},
): Promise<Story> {
  const random = seededRandom(seed);
  const plain = planOf(random);
  const fanned = changed(plain, fanOut, withFanOut, seed + FAN_OUT_SEEDS);
  const ended = changed(fanned, endings, withEndings, seed + ENDING_SEEDS);
  const words = seededRandom(seed + PUSH_SEEDS);
  const pushed = pushes ? withPushes(ended, words) : ended;
  const built = changed(pushed, projects, withProjects, seed + PROJECT_SEEDS);
  const packed = changed(built, packing, withPacking, seed + PACKING_SEEDS);
  const gateDice = seededRandom(seed + GATE_SEEDS);
  const gated = hasGates ? withGates(packed, gateDice) : packed;
  const given = givenParams(gated, seed, params);
  const plan = changed(given, rules, withRules, seed + RULE_SEEDS);
  const clock = new FakeClock();
  const api = new FakeApi(ahead(clock, plan.skewMs.server));
  const dice = seededRandom(seed + NEIGHBOUR_SEEDS);
  const mischief = neighbours ? mischiefOf(dice) : { times: [], deletes: false };
  const invariants = new Invariants(plan, api, mischief.deletes);
  const tasks = new ReportingTasks(api, clock, words, seededRandom(seed + LIE_SEEDS));
  tasks.onWent((pod) => invariants.went(pod));
  tasks.onSaid((pod, result) => invariants.said(pod, result));
  const gates = new Gates(clock, gateDice, plan);
  gates.onAsked = (node) => invariants.asked(node);
  gates.onAnswered = (node) => invariants.answered(node);
  const world = new World({ api, clock, random, plan, tasks, gates });
  const script: Script = (job, pod, part) =>
    job.metadata.labels?.[FORGED_LABEL] === "true" ? forgedFate(job) : fateOf(plan, job, pod, part);
  const kubelet = new FakeKubelet(api, clock, random, script, plan.skewMs.kubelet);
  kubelet.onPush = (pod, result) => tasks.push(pod, result);
  kubelet.onHold = (pod, next) => tasks.hold(pod, next);
  await world.begin();
  new Neighbour({ api, clock, random: dice, plan, run: RUN }).begin(mischief);
  let endedAtMs = Number.NaN;
  while (clock.monotonic() < LIMIT_MS) {
    await clock.advance(1_000);
    const ended = (world.status().conditions?.[0]?.status ?? "Unknown") !== "Unknown";
    if (ended && Number.isNaN(endedAtMs)) endedAtMs = clock.monotonic();
    // A run that has just ended may have Jobs that are on their way to their own end.
    if (ended && clock.monotonic() > Math.max(FAULTS_END_MS, endedAtMs) + 60_000) break;
  }
  const violations = [...invariants.violations, ...finalViolations(plan, world, endedAtMs, mischief)];
  await world.end();
  return {
    seed,
    plan,
    mischief,
    violations,
    calls: api.calls.filter(({ client }) => client !== "admin"),
    status: world.status(),
    endedAtMs,
  };
}

/** The plan with a change, where there is to be one, by dice of its own. */
function changed(plan: Plan, isOn: boolean, change: (plan: Plan, random: () => number) => Plan, seed: number): Plan {
  return isOn ? change(plan, seededRandom(seed)) : plan;
}

/** The clock of another machine. */
function ahead(clock: Clock, skewMs: number): Clock {
  return {
    now: () => clock.now() + skewMs,
    monotonic: () => clock.monotonic(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
}

/** What a part came to whose pod has gone is the Job's word alone, and a pod that somebody has put under that Job takes it away. */
function isUnknowable(plan: Plan, world: World): boolean {
  return Object.entries(world.status().nodes ?? {}).some(
    ([name, { reason }]) => reason === "ForeignPod" && plan.parts.get(name)?.flat(2).includes("vanishes") === true,
  );
}

/**
 * A run that is cancelled may end either way, by when the word arrived, and so may one whose Jobs somebody deletes; everything else must
 * end as planned.
 */
function finalViolations(plan: Plan, world: World, endedAtMs: number, { deletes }: Mischief): string[] {
  if (Number.isNaN(endedAtMs))
    return [`the run had not ended after ${LIMIT_MS} ms: ${JSON.stringify(world.status().nodes)}`];
  const living = [...world.livingJobs(), ...world.awaitedGates()];
  const found = living.length === 0 ? [] : [`Jobs or gates live on after the end: ${living.join(", ")}`];
  found.push(...unfinished(plan, world));
  if (plan.faults.cancelledAt !== undefined || deletes || isUnknowable(plan, world)) return found;
  const states = Object.fromEntries(
    Object.entries(world.status().nodes ?? {}).map(([name, { state }]) => [name, state]),
  );
  const expected = expectedStates(plan);
  for (const [name, state] of Object.entries(expected)) {
    if (states[name] !== state) found.push(`${name} ended as ${states[name]}, expected ${state}`);
    found.push(...wrongSums(plan, name, world.status().nodes?.[name]));
  }
  const verdict = world.status().conditions?.[0]?.status;
  const wanted = mustSucceed(plan) ? "True" : "False";
  return verdict === wanted ? found : [...found, `the run ended as ${verdict}, expected ${wanted}`];
}

/** Finally nodes that were stopped, though the run had begun: they run in any case. */
function unfinished({ spec }: Plan, world: World): string[] {
  return Object.entries(world.status().nodes ?? {}).flatMap(([name, { state }]) =>
    spec.nodes[name]?.finally === true && (state === "Cancelled" || state === "Pending")
      ? [`${name}, a finally node, ended as ${state}`]
      : [],
  );
}

/** Every part says that it has loaded one row; only a Pod that was deleted may take its word along. */
function wrongSums(plan: Plan, name: string, node: NodeStatus | undefined): string[] {
  const parts = plan.parts.get(name)?.[(node?.attempt ?? 1) - 1];
  if (parts === undefined || node?.state !== "Succeeded" || parts.flat().includes("vanishes")) return [];
  return node.rows === parts.length ? [] : [`${name} has ${node.rows} rows of ${parts.length} parts`];
}

interface WorldServices {
  readonly api: FakeApi;
  readonly clock: FakeClock;
  readonly random: () => number;
  readonly plan: Plan;
  readonly tasks: ReportingTasks;
  readonly gates: Gates;
}

interface Process {
  readonly operator: Operator;
  readonly elector: LeaderElector;
  readonly client: FakeClient;
}

/** The server with its faults, two operator processes at most, and a user. */
class World {
  readonly #api: FakeApi;
  readonly #clock: FakeClock;
  readonly #random: () => number;
  readonly #plan: Plan;
  readonly #tasks: ReportingTasks;
  readonly #gates: Gates;
  readonly #crashes: Plan["faults"]["crashes"][number][];
  #processes: Process[] = [];
  #started = 0;
  #operatorCalls = 0;

  constructor({ api, clock, random, plan, tasks, gates }: WorldServices) {
    this.#api = api;
    this.#clock = clock;
    this.#random = random;
    this.#plan = plan;
    this.#tasks = tasks;
    this.#gates = gates;
    this.#crashes = [...plan.faults.crashes];
  }

  async begin(): Promise<void> {
    this.#installFaults();
    const { spec, hasParams } = this.#plan;
    this.#api.storage.create("Pipeline", NAMESPACE, { metadata: { name: "p" }, spec });
    this.#api.storage.create("PipelineRun", NAMESPACE, {
      metadata: { name: RUN.name },
      spec: { pipeline: "p", ...(hasParams === true ? { params: SAID } : {}) },
    });
    this.#startProcess();
    this.#startProcess();
    await settled();
  }

  async end(): Promise<void> {
    for (const { client } of this.#processes) client.kill();
    await settled();
  }

  status(): PipelineRunStatus {
    return (this.#api.storage.find("PipelineRun", RUN)?.status ?? {}) as PipelineRunStatus;
  }

  livingJobs(): string[] {
    return (
      this.#api.storage
        .list("Job")
        .filter(({ metadata: { labels } }) => labels?.[FORGED_LABEL] === undefined)
        // One whose label was taken away after its node had ended is found again only by the process that knew it.
        .filter(({ metadata: { labels = {} } }) => LABEL.runUid in labels && labels[LABEL.runUid] !== "other")
        .filter((job) => jobLives(this.#api, job))
        .map(({ metadata }) => metadata.name)
    );
  }

  /** Gates that a living process waits for. */
  awaitedGates(): readonly string[] {
    return this.#gates.awaited();
  }

  #startProcess(): void {
    const identity = `operator-${++this.#started}`;
    const clock = this.#clock;
    const random = this.#random;
    const client: FakeClient = this.#api.client({ name: identity, mayWrite: () => elector.canWrite() });
    const settings = readSettings({ KELT_TASK_IMAGE: "task", KELT_POD_NAME: identity, KELT_WORKERS: "2" });
    const reports = this.#tasks.join(identity);
    const operator = new Operator({
      kube: client,
      clock,
      random,
      settings,
      sealKey: SEAL_KEY,
      reports,
      nodes: {
        kinds: { gate },
        hands: (services) => ({ gate: this.#gates.handsOf(identity, services, `${RUN.namespace}/${RUN.name}`) }),
      },
      log: pino({ level: "silent" }),
      metrics: createMetrics(),
    });
    reports.onWord = () => operator.touchRun(`${RUN.namespace}/${RUN.name}`);
    const elector: LeaderElector = new LeaderElector({
      kube: client,
      lease: { namespace: NAMESPACE, name: "lease" },
      identity,
      clock,
      random,
      onLeading: () => operator.lead(),
      onLost: () => this.#crash(identity),
    });
    this.#processes.push({ operator, elector, client });
    void operator.start().then(() => elector.start());
  }

  /** The process is gone from one moment to the next; the kubelet starts another one soon. */
  #crash(identity: string): void {
    const dead = this.#processes.find(({ client }) => client.name === identity);
    if (dead === undefined) return;
    dead.client.kill();
    this.#tasks.leave(identity);
    this.#gates.leave(identity);
    this.#processes = this.#processes.filter((one) => one !== dead);
    this.#clock.after(500 + this.#random() * 3_000, () => this.#startProcess());
  }

  #installFaults(): void {
    const { faults } = this.#plan;
    this.#api.faults.latencyMs = () => 1 + this.#random() * 30;
    this.#api.faults.watchDelayMs = () => (this.#faulty() ? this.#random() * faults.watchDelayMaxMs : 1);
    this.#api.faults.before = (call) => this.#fault(call, "before", faults.failBefore);
    this.#api.faults.after = (call) => this.#fault(call, "after", faults.loseReply);
    for (const { at, lasts } of faults.outages) {
      this.#clock.after(at, () => this.#api.startOutage());
      this.#clock.after(at + lasts, () => this.#api.endOutage());
    }
    for (const at of faults.broken) this.#clock.after(at, () => this.#api.breakWatches());
    for (const at of faults.forgets) this.#clock.after(at, () => this.#api.forgetHistory());
    if (faults.changedAt !== undefined) this.#clock.after(faults.changedAt, () => this.#changePipeline());
    if (faults.cancelledAt !== undefined) this.#clock.after(faults.cancelledAt, () => this.#cancel());
  }

  #faulty(): boolean {
    return this.#clock.monotonic() < FAULTS_END_MS;
  }

  #fault(call: FakeCall, when: "before" | "after", chance: number) {
    if (!call.client.startsWith("operator")) return undefined;
    if (when === "before") this.#operatorCalls++;
    const [next] = this.#crashes;
    if (next !== undefined && next.when === when && this.#operatorCalls >= next.call) {
      this.#crashes.shift();
      this.#operatorCalls = 0;
      this.#crash(call.client);
    }
    return this.#faulty() && this.#random() < chance ? connectionLost(call.verb) : undefined;
  }

  #changePipeline(): void {
    const params = this.#plan.hasParams === true ? { params: CHANGED_PARAMS } : {};
    const spec = { nodes: { other: { container: { command: ["/bin/false"] } } }, ...params };
    this.#api.storage.patch("Pipeline", { namespace: NAMESPACE, name: "p" }, { spec }, {});
  }

  #cancel(): void {
    this.#api.storage.patch("PipelineRun", RUN, { spec: { cancelled: true } }, {});
  }
}
