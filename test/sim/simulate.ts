import { pino } from "pino";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { LeaderElector } from "../../operator/kube/lease.ts";
import { Operator } from "../../operator/operator.ts";
import { readSettings } from "../../operator/settings.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { FakeApi } from "../support/fake-api.ts";
import type { FakeClient } from "../support/fake-api-client.ts";
import { connectionLost, type FakeCall } from "../support/fake-api-server.ts";
import { FakeClock, settled } from "../support/fake-clock.ts";
import { FakeKubelet } from "../support/fake-kubelet.ts";
import { seededRandom } from "../support/fake-random.ts";
import { Invariants, jobLives } from "./invariants.ts";
import { expectedStates, FAULTS_END_MS, fateOf, type Plan, planOf, withFanOut } from "./plan.ts";

/** What a seed's story came to. */
export interface Story {
  readonly seed: number;
  readonly plan: Plan;
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
const LIMIT_MS = 30 * 60_000;

/** Plays the story of a seed: the real operator and leader election against a server in memory, in virtual time. */
export async function simulate(seed: number, { fanOut = true } = {}): Promise<Story> {
  const random = seededRandom(seed);
  const plain = planOf(random);
  const plan = fanOut ? withFanOut(plain, seededRandom(seed + FAN_OUT_SEEDS)) : plain;
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  const invariants = new Invariants(plan, api);
  const world = new World(api, clock, random, plan);
  new FakeKubelet(api, clock, random, (job, pod, part) => fateOf(plan, job, pod, part));
  await world.begin();
  let endedAtMs = Number.NaN;
  while (clock.monotonic() < LIMIT_MS) {
    await clock.advance(1_000);
    const ended = (world.status().conditions?.[0]?.status ?? "Unknown") !== "Unknown";
    if (ended && Number.isNaN(endedAtMs)) endedAtMs = clock.monotonic();
    // A run that has just ended may have Jobs that are on their way to their own end.
    if (ended && clock.monotonic() > Math.max(FAULTS_END_MS, endedAtMs) + 60_000) break;
  }
  const violations = [...invariants.violations, ...finalViolations(plan, world, endedAtMs)];
  await world.end();
  return {
    seed,
    plan,
    violations,
    calls: api.calls.filter(({ client }) => client !== "admin"),
    status: world.status(),
    endedAtMs,
  };
}

/** A run that is cancelled may end either way, by when the word arrived; everything else must end as planned. */
function finalViolations(plan: Plan, world: World, endedAtMs: number): string[] {
  if (Number.isNaN(endedAtMs))
    return [`the run had not ended after ${LIMIT_MS} ms: ${JSON.stringify(world.status().nodes)}`];
  const living = world.livingJobs();
  const found = living.length === 0 ? [] : [`Jobs live on after the end: ${living.join(", ")}`];
  if (plan.faults.cancelledAt !== undefined) return found;
  const states = Object.fromEntries(
    Object.entries(world.status().nodes ?? {}).map(([name, { state }]) => [name, state]),
  );
  const expected = expectedStates(plan);
  for (const [name, state] of Object.entries(expected)) {
    if (states[name] !== state) found.push(`${name} ended as ${states[name]}, expected ${state}`);
    found.push(...wrongSums(plan, name, world.status().nodes?.[name]));
  }
  return found;
}

/** Every part says that it has loaded one row; only a Pod that was deleted may take its word along. */
function wrongSums(plan: Plan, name: string, node: NodeStatus | undefined): string[] {
  const parts = plan.parts.get(name)?.[(node?.attempt ?? 1) - 1];
  if (parts === undefined || node?.state !== "Succeeded" || parts.flat().includes("vanishes")) return [];
  return node.rows === parts.length ? [] : [`${name} has ${node.rows} rows of ${parts.length} parts`];
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
  readonly #crashes: Plan["faults"]["crashes"][number][];
  #processes: Process[] = [];
  #started = 0;
  #operatorCalls = 0;

  constructor(api: FakeApi, clock: FakeClock, random: () => number, plan: Plan) {
    this.#api = api;
    this.#clock = clock;
    this.#random = random;
    this.#plan = plan;
    this.#crashes = [...plan.faults.crashes];
  }

  async begin(): Promise<void> {
    this.#installFaults();
    const { spec } = this.#plan;
    this.#api.storage.create("Pipeline", NAMESPACE, { metadata: { name: "p" }, spec });
    this.#api.storage.create("PipelineRun", NAMESPACE, { metadata: { name: RUN.name }, spec: { pipeline: "p" } });
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
    return this.#api.storage
      .list("Job")
      .filter((job) => jobLives(this.#api, job))
      .map(({ metadata }) => metadata.name);
  }

  #startProcess(): void {
    const identity = `operator-${++this.#started}`;
    const clock = this.#clock;
    const random = this.#random;
    const client: FakeClient = this.#api.client({ name: identity, mayWrite: () => elector.canWrite() });
    const settings = readSettings({ KELT_TASK_IMAGE: "task", KELT_POD_NAME: identity, KELT_WORKERS: "2" });
    const operator = new Operator({
      kube: client,
      clock,
      random,
      settings,
      log: pino({ level: "silent" }),
      metrics: createMetrics(),
    });
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
    const spec = { nodes: { other: { container: { command: ["/bin/false"] } } } };
    this.#api.storage.patch("Pipeline", { namespace: NAMESPACE, name: "p" }, { spec }, {});
  }

  #cancel(): void {
    this.#api.storage.patch("PipelineRun", RUN, { spec: { cancelled: true } }, {});
  }
}
