import { END_UNIT, PLAN_UNIT, unitKey } from "../../api/packing.ts";
import type { NodeState, NodeStatus, TestCounts } from "../../api/pipeline-run.ts";
import { cutAtWord } from "../../graph/listing.ts";
import { partsHealth } from "../health.ts";
import type { NodeContext, NodeDecision } from "../node.ts";
import { words } from "../node-waits.ts";
import { parseTime, timeText } from "../time.ts";
import { saidPlan } from "./said-plan.ts";

/*
 * What a packed node's state is, by the states of its parts.
 *
 * | its parts                                              | the node is                                                       |
 * |--------------------------------------------------------|-------------------------------------------------------------------|
 * | the plan's Job has not succeeded                       | as that one, and Skipped or Failed for its reason                 |
 * | it has, and its plan is not stored                     | Running: the plan is stored before any unit begins                |
 * | it has, and there is no plan that can be read          | Running: one Job builds the project, and `alone` says why         |
 * | one runs; one starts; one waits for its next attempt; one waits for room | Running; Starting; Retrying; Waiting            |
 * | some are to come                                       | Running                                                           |
 * | all have ended and one has failed                      | Failed, for the reason of the first one                           |
 * | all have ended and none was built because of the node's timeout | Failed (TimedOut)                                        |
 * | all have succeeded                                     | Succeeded                                                         |
 *
 * Rows, tests and health of a unit are added when it ends.
 */

/** A part of a packed node: what is stored of it, and what it is by this decision. */
export interface PartStates {
  readonly key: string;
  readonly unit: string;
  readonly before: NodeStatus;
  readonly now: NodeStatus;
}

const ENDED: readonly NodeState[] = ["Succeeded", "Failed", "Skipped", "Cancelled"];
/** The first of these that a part is in is the node's state while it is at work. */
const AT_WORK: readonly NodeState[] = ["Running", "Starting", "Retrying", "Waiting"];
const UNIT_MESSAGE_MAX = 600;

const NOT_HEARD =
  "the plan had no room in the termination message and its task reached no operator, or the project has too many units";

export function decidePacked(context: NodeContext, parts: readonly PartStates[]): NodeDecision {
  const plan = parts.find(({ unit }) => unit === PLAN_UNIT);
  const planned = plan?.now ?? { state: "Pending" as const };
  const { stored } = context;
  const base = { ...lastingOf(stored), ...beginOf(stored, parts), ...sumsOf(stored, parts) };
  if (planned.state !== "Succeeded") return ofPlan(planned, base);
  const commit = planned.commit ?? stored.commit;
  const packages = planned.packages ?? stored.packages;
  const known = {
    ...base,
    ...(commit === undefined ? {} : { commit }),
    ...(packages === undefined ? {} : { packages }),
  };
  if (stored.packed?.plan === undefined && stored.packed?.alone === undefined) return keepPlan(context, known);
  const units = parts.filter(({ unit }) => unit !== PLAN_UNIT && unit !== END_UNIT);
  const succeeded = units.filter(({ now }) => now.state === "Succeeded").length;
  const status = { ...known, units: `${succeeded}/${units.length}` };
  const isOver = parts.every(({ now }) => ENDED.includes(now.state));
  return isOver ? ended(context, status, parts) : atWork(status, parts);
}

/** What of a node's stored status goes on as it is. */
function lastingOf({ packed, commit, packages, rows, bytes, tests, health }: NodeStatus): Omit<NodeStatus, "state"> {
  return {
    ...(packed === undefined ? {} : { packed }),
    ...(commit === undefined ? {} : { commit }),
    ...(packages === undefined ? {} : { packages }),
    ...(rows === undefined ? {} : { rows }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(tests === undefined ? {} : { tests }),
    ...(health === undefined ? {} : { health }),
  };
}

function beginOf(stored: NodeStatus, parts: readonly PartStates[]): Pick<NodeStatus, "started"> {
  const started = stored.started ?? parts.map(({ now }) => now.started).find((time) => time !== undefined);
  return started === undefined ? {} : { started };
}

/** What the units that end now came to, beside what is stored of those before. */
function sumsOf(
  stored: NodeStatus,
  parts: readonly PartStates[],
): Pick<NodeStatus, "rows" | "bytes" | "tests" | "health"> {
  const ending = parts.filter(({ before, now }) => ENDED.includes(now.state) && !ENDED.includes(before.state));
  const rows = sum([stored, ...ending.map(({ now }) => now)].flatMap((status) => status.rows ?? []));
  const bytes = sum([stored, ...ending.map(({ now }) => now)].flatMap((status) => status.bytes ?? []));
  const tests = [stored, ...ending.map(({ now }) => now)].flatMap((status) => status.tests ?? []);
  const health = partsHealth([stored, ...ending.map(({ now }) => now)].map((status) => status.health));
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(tests.length === 0 ? {} : { tests: tests.reduce(added) }),
    ...(health === undefined ? {} : { health }),
  };
}

function sum(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.min(
    Number.MAX_SAFE_INTEGER,
    values.reduce((a, b) => a + b, 0),
  );
}

function added(a: TestCounts, b: TestCounts): TestCounts {
  const { passed, warned, failed, errored } = a;
  return {
    passed: passed + b.passed,
    warned: warned + b.warned,
    failed: failed + b.failed,
    errored: errored + b.errored,
  };
}

/** A node whose project is not read yet: what is true of the plan's Job is true of it. */
function ofPlan({ state, job, finished, reason, message, waitingSince }: NodeStatus, base: Omit<NodeStatus, "state">) {
  const status = {
    ...base,
    state,
    ...(job === undefined ? {} : { job }),
    ...(finished === undefined ? {} : { finished }),
    ...(waitingSince === undefined ? {} : { waitingSince }),
    ...words(reason ?? "", message ?? ""),
  };
  return { status, actions: [] };
}

/** The plan is stored before anything follows from it. Where there is none, because it was lost or is too long, one Job does all. */
function keepPlan({ facts, name }: NodeContext, base: Omit<NodeStatus, "state">): NodeDecision {
  const key = unitKey(name, PLAN_UNIT);
  const run = facts.run.meta.uid;
  const said = (facts.attempts.get(key) ?? []).flatMap((attempt) => {
    return saidPlan(attempt, { run, node: key, attempt: attempt.attempt, required: true }) ?? [];
  });
  const plan = said.at(-1);
  const packed = plan === undefined ? { alone: NOT_HEARD } : { plan };
  const why = plan === undefined ? words("", `one Job for all: ${NOT_HEARD}`) : {};
  const doubt = plan === undefined ? { restsOnAbsence: true as const } : {};
  return { status: { ...base, state: "Running", packed, ...why }, actions: [], awaitsStore: true, ...doubt };
}

function atWork(base: Omit<NodeStatus, "state">, parts: readonly PartStates[]): NodeDecision {
  const { units = "" } = base;
  const state = AT_WORK.find((each) => parts.some(({ now }) => now.state === each)) ?? "Running";
  const failed = firstFailed(parts);
  const other = parts.find(({ now }) => now.state === state && now.message !== undefined && state !== "Running");
  const alone = base.packed?.alone === undefined ? "" : `; one Job for all: ${base.packed.alone}`;
  const counts = `${units} units have succeeded${alone}`;
  const shown = failed ?? other;
  const why = shown === undefined ? words("", counts) : words(reasonFor(shown, failed), `${counts}; ${sayPart(shown)}`);
  const job = shown?.now.job ?? parts.find(({ now }) => now.state === state)?.now.job;
  return { status: { ...base, state, ...(job === undefined ? {} : { job }), ...why }, actions: [] };
}

function reasonFor({ now }: PartStates, failed: PartStates | undefined): string {
  return failed === undefined ? (now.reason ?? "") : "UnitFailed";
}

function ended(context: NodeContext, base: Omit<NodeStatus, "state">, parts: readonly PartStates[]): NodeDecision {
  const finished = timeText(context.facts.now);
  const byPush = context.needsStore ? { byPush: true as const } : {};
  const failed = firstFailed(parts);
  const lost = parts.filter(({ now }) => now.state === "Failed").length;
  const skipped = parts.filter(({ now }) => now.state === "Skipped");
  if (failed !== undefined) {
    const left = skipped.length === 0 ? "" : `; skipped because of it: ${skipped.length}`;
    const message = `${base.units ?? ""} units have succeeded, ${lost} failed; ${sayPart(failed)}${left}`;
    const job = failed.now.job === undefined ? {} : { job: failed.now.job };
    const status = { ...base, state: "Failed" as const, finished, ...job, ...words(failed.now.reason ?? "", message) };
    return { status, actions: [] };
  }
  const [first] = skipped;
  if (first !== undefined) {
    const message = `${base.units ?? ""} units have succeeded; ${first.unit}: ${first.now.message ?? ""}`;
    return { status: { ...base, state: "Failed", finished, ...words("TimedOut", message) }, actions: [] };
  }
  const message = `${base.units ?? ""} units have succeeded`;
  return { status: { ...base, state: "Succeeded", finished, ...words("", message) }, actions: [], ...byPush };
}

/** The part that failed first; of those of which no time is known the first of the plan. */
function firstFailed(parts: readonly PartStates[]): PartStates | undefined {
  const failed = parts.filter(({ now }) => now.state === "Failed");
  const at = ({ now }: PartStates) => parseTime(now.finished) ?? Number.POSITIVE_INFINITY;
  return failed.toSorted((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b)))[0];
}

function sayPart({ unit, now: { job, message = "", reason = "" } }: PartStates): string {
  const where = job === undefined ? "" : ` (Job ${job})`;
  return `${unit}${where}: ${cutAtWord(message === "" ? reason : message, UNIT_MESSAGE_MAX)}`;
}
