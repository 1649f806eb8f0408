import { pino } from "pino";
import { BY_SCHEDULE, LABEL } from "#api/metadata.ts";
import type { PipelineStatus } from "#api/pipeline.ts";
import { LeaderElector } from "../../operator/kube/lease.ts";
import { Operator } from "../../operator/operator.ts";
import { slotsBetween } from "../../operator/schedule/slots.ts";
import { readTimetable, type Timetable } from "../../operator/schedule/timetable.ts";
import { readSettings } from "../../operator/settings.ts";
import { createMetrics } from "../../operator/telemetry/metrics.ts";
import { FakeApi } from "../support/fake-cluster/fake-api.ts";
import type { FakeClient } from "../support/fake-cluster/fake-api-client.ts";
import type { StoredObject } from "../support/fake-cluster/fake-api-objects.ts";
import { connectionLost, type FakeCall } from "../support/fake-cluster/fake-api-server.ts";
import { attemptOf, FakeKubelet, type Fate } from "../support/fake-cluster/fake-kubelet.ts";
import { FakeClock, settled } from "../support/machine/fake-clock.ts";
import { seededRandom } from "../support/machine/fake-random.ts";
import { CALM_MS, SCHEDULE_FAULTS_END_MS, type SchedulePlan, schedulePlanOf } from "./schedule-plan.ts";

/** What a seed's story of a schedule came to. */
export interface ScheduleStory {
  readonly seed: number;
  readonly plan: SchedulePlan;
  /** Empty when all is well. */
  readonly violations: readonly string[];
  readonly started: readonly string[];
  readonly status: PipelineStatus["schedule"];
  readonly calls: number;
}

const NAMESPACE = "sim";
const PIPELINE = { namespace: NAMESPACE, name: "films" };
const SEAL_KEY = Buffer.alloc(32, "key");
/** Calls of an operator in ten seconds that no fault explains. */
const BUSY_CALLS = 400;

/** Plays a schedule with real operators against a server in memory, in virtual time. */
export async function simulateSchedule(seed: number): Promise<ScheduleStory> {
  const random = seededRandom(seed);
  const plan = schedulePlanOf(random);
  const clock = new FakeClock(plan.startsAt);
  const api = new FakeApi(clock);
  const world = new ScheduleWorld(api, clock, random, plan);
  await world.begin();
  let calls = 0;
  const busy: string[] = [];
  while (clock.monotonic() < SCHEDULE_FAULTS_END_MS + CALM_MS) {
    await clock.advance(10_000);
    if (api.calls.length - calls > BUSY_CALLS) busy.push(`${api.calls.length - calls} calls in ten seconds`);
    calls = api.calls.length;
  }
  await world.end();
  const { started } = world;
  return {
    seed,
    plan,
    violations: [...world.violations, ...busy, ...world.finalViolations()],
    started: started.map((slot) => new Date(slot).toISOString()),
    status: world.status(),
    calls,
  };
}

class ScheduleWorld {
  readonly #api: FakeApi;
  readonly #clock: FakeClock;
  readonly #random: () => number;
  readonly #plan: SchedulePlan;
  readonly #timetable: Timetable;
  readonly #crashes: SchedulePlan["faults"]["crashes"][number][];
  readonly violations: string[] = [];
  /** Slots that got a run, in that order. */
  readonly started: number[] = [];
  #processes: { readonly operator: Operator; readonly client: FakeClient }[] = [];
  #count = 0;
  #calls = 0;
  #away = false;
  #createdAt = 0;
  /** What the clock has shown at most, before it was set back. */
  #latest = 0;

  constructor(api: FakeApi, clock: FakeClock, random: () => number, plan: SchedulePlan) {
    this.#api = api;
    this.#clock = clock;
    this.#random = random;
    this.#plan = plan;
    const read = readTimetable(plan.schedule);
    if (!read.ok) throw new Error("the plan's schedule cannot be read");
    this.#timetable = read.timetable;
    this.#crashes = [...plan.faults.crashes];
  }

  async begin(): Promise<void> {
    this.#installFaults();
    this.#watchRuns();
    const dice = seededRandom(Math.floor(this.#random() * 2 ** 31));
    new FakeKubelet(this.#api, this.#clock, this.#random, (job) => this.#fateOf(job, dice));
    const { schedule, history } = this.#plan;
    const retries = { limit: 2, backoff: { initial: "4m", max: "4m" } };
    const spec = { schedule, history, retries, nodes: { a: { container: { command: ["/bin/true"] } } } };
    this.#api.storage.create("Pipeline", NAMESPACE, { metadata: { name: PIPELINE.name }, spec });
    this.#createdAt = this.#clock.now();
    this.#startProcess();
    this.#startProcess();
    await settled();
  }

  async end(): Promise<void> {
    for (const { client } of this.#processes) client.kill();
    await settled();
  }

  status(): PipelineStatus["schedule"] {
    return (this.#api.storage.find("Pipeline", PIPELINE)?.status as PipelineStatus | undefined)?.schedule;
  }

  /** Every slot that was decided got a run, waits, or is counted among those that did not; and as long as the plan allows, all got one. */
  finalViolations(): string[] {
    const status = this.status();
    if (status?.decidedUntil === undefined) return ["no slot was ever decided"];
    const until = Date.parse(status.decidedUntil);
    const { schedule, changedAt, suspensions } = this.#plan;
    if (changedAt !== undefined) return [];
    const all = slotsBetween(this.#timetable, Math.floor(this.#createdAt / 1000) * 1000, until);
    const { missed = 0, skipped = 0, waiting = [] } = status;
    const known = this.started.length + missed + skipped + waiting.length;
    const found = known === all.length ? [] : [`${all.length} slots came, ${known} are accounted for`];
    const since = slotsBetween(this.#timetable, until, this.#clock.now() - 11 * 60_000);
    const behind = since.length > 0 ? [`nothing is decided since ${status.decidedUntil}`] : [];
    const unlimited =
      schedule.catchUp === "all" && schedule.catchUpLimit === 100 && schedule.startingDeadline === undefined;
    const keepsAll =
      schedule.concurrency === "Allow" || (schedule.concurrency === "Queue" && schedule.queueLimit === 100);
    const lost =
      unlimited && keepsAll && missed + skipped > 0
        ? [`${missed} missed, ${skipped} skipped, and all were to run`]
        : [];
    const calm = suspensions.length === 0 && status.suspendedSince !== undefined ? ["suspended by nobody"] : [];
    return [...found, ...behind, ...lost, ...calm];
  }

  #watchRuns(): void {
    this.#api.storage.onEvent(({ type, object }) => {
      if (object.kind !== "PipelineRun" || type !== "ADDED") return;
      if (object.metadata.labels?.[LABEL.trigger] === BY_SCHEDULE) this.#sawRun(object);
    });
  }

  #sawRun({ metadata: { name }, spec }: StoredObject): void {
    const { scheduled, interval } = spec as { scheduled: string; interval: { start: string; end: string } };
    const slot = Date.parse(scheduled);
    if (this.started.includes(slot)) this.violations.push(`${name}: its slot has had a run`);
    this.started.push(slot);
    if (slot > Math.max(this.#latest, this.#clock.now())) this.violations.push(`${name} comes too early`);
    const start = Date.parse(interval.start);
    const isSlot =
      this.#plan.changedAt !== undefined || slotsBetween(this.#timetable, start, slot).join() === `${slot}`;
    if (!isSlot || interval.end !== scheduled)
      this.violations.push(`${name}: ${interval.start} is not the slot before`);
    if (this.#plan.schedule.concurrency === "Allow") return;
    const others = this.#api.storage
      .list("PipelineRun")
      .filter((run) => run.metadata.name !== name && run.metadata.labels?.[LABEL.trigger] === BY_SCHEDULE)
      .filter(isActive);
    for (const other of others) this.violations.push(`${name} begins beside ${other.metadata.name}`);
  }

  #fateOf(job: StoredObject, dice: () => number): Fate {
    const fails = attemptOf(job).attempt === 1 && dice() < this.#plan.slow;
    return { end: "exits", exitCode: fails ? 1 : 0, message: "" };
  }

  #startProcess(): void {
    if (this.#away || this.#processes.length >= 2) return;
    const identity = `operator-${++this.#count}`;
    const [clock, random] = [this.#clock, this.#random];
    const client: FakeClient = this.#api.client({ name: identity, mayWrite: () => elector.canWrite() });
    const settings = readSettings({ KELT_TASK_IMAGE: "task", KELT_POD_NAME: identity, KELT_WORKERS: "2" });
    const log = pino({ level: "silent" });
    const services = { kube: client, clock, random, settings, sealKey: SEAL_KEY, log, metrics: createMetrics() };
    const operator = new Operator(services);
    const elector: LeaderElector = new LeaderElector({
      kube: client,
      lease: { namespace: NAMESPACE, name: "lease" },
      ...{ identity, clock, random },
      onLeading: () => operator.lead(),
      onLost: () => this.#crash(identity),
    });
    this.#processes.push({ operator, client });
    void operator.start().then(() => elector.start());
  }

  #crash(identity: string): void {
    const dead = this.#processes.find(({ client }) => client.name === identity);
    if (dead === undefined) return;
    dead.client.kill();
    this.#processes = this.#processes.filter((one) => one !== dead);
    this.#clock.after(500 + this.#random() * 3_000, () => this.#startProcess());
  }

  #installFaults(): void {
    const { faults, manualRuns, suspensions, changedAt } = this.#plan;
    const at = (ms: number, act: () => void) => this.#clock.after(ms, act);
    this.#api.faults.latencyMs = () => 1 + this.#random() * 30;
    this.#api.faults.watchDelayMs = () => (this.#faulty() ? this.#random() * faults.watchDelayMaxMs : 1);
    this.#api.faults.before = (call) => this.#fault(call, "before", faults.failBefore);
    this.#api.faults.after = (call) => this.#fault(call, "after", faults.loseReply);
    for (const { at: from, lasts } of faults.outages) {
      at(from, () => this.#api.startOutage());
      at(from + lasts, () => this.#api.endOutage());
    }
    for (const { at: from, lasts } of faults.absences) {
      at(from, () => this.#leave());
      at(from + lasts, () => this.#comeBack());
    }
    for (const when of faults.broken) at(when, () => this.#api.breakWatches());
    for (const when of faults.forgets) at(when, () => this.#api.forgetHistory());
    for (const { at: when, by } of faults.jumps) at(when, () => this.#setClock(by));
    for (const [index, when] of manualRuns.entries()) at(when, () => this.#runByHand(`by-hand-${index}`));
    for (const { at: from, lasts, whole } of suspensions) {
      at(from, () => this.#change(whole ? { suspend: true } : { schedule: { suspend: true } }));
      at(from + lasts, () => this.#change({ suspend: false, schedule: { suspend: false } }));
    }
    if (changedAt !== undefined) {
      at(changedAt, () => this.#change({ schedule: { cron: "*/4 * * * *", crons: null, timeZone: "UTC" } }));
    }
  }

  #setClock(by: number): void {
    this.#latest = Math.max(this.#latest, this.#clock.now());
    this.#clock.jump(by);
  }

  #leave(): void {
    this.#away = true;
    for (const { client } of this.#processes) client.kill();
    this.#processes = [];
  }

  #comeBack(): void {
    this.#away = false;
    this.#startProcess();
    this.#startProcess();
  }

  #faulty(): boolean {
    return this.#clock.monotonic() < SCHEDULE_FAULTS_END_MS;
  }

  #fault(call: FakeCall, when: "before" | "after", chance: number) {
    if (!call.client.startsWith("operator")) return undefined;
    if (when === "before" && call.kind !== "Lease") this.#calls++;
    const [next] = this.#crashes;
    if (next !== undefined && next.when === when && this.#calls >= next.call) {
      this.#crashes.shift();
      this.#calls = 0;
      this.#crash(call.client);
    }
    return this.#faulty() && this.#random() < chance ? connectionLost(call.verb) : undefined;
  }

  #runByHand(name: string): void {
    this.#api.storage.create("PipelineRun", NAMESPACE, { metadata: { name }, spec: { pipeline: PIPELINE.name } });
  }

  #change(spec: object): void {
    this.#api.storage.patch("Pipeline", PIPELINE, { spec }, {});
  }
}

function isActive({ status }: StoredObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
  return (conditions.find(({ type }) => type === "Succeeded")?.status ?? "Unknown") === "Unknown";
}
