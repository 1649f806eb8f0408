import { END_UNIT, PLAN_BYTES_MAX, PLAN_UNIT, packPlan, UNITS_MAX } from "#api/packing.ts";
import { digestOf, packKept } from "../dbt/packing/kept-project.ts";
import { type Unit, unitsOf } from "../dbt/packing/units.ts";
import { dependenciesOf } from "../dbt/run/dependencies.ts";
import type { NodeResult } from "../dbt/run/node-result.ts";
import { hooksOf, skippedResult } from "../dbt/run/run-graph.ts";
import { ConfigurationError } from "../errors.ts";
import type { CommandContext, Outcome } from "./command.ts";
import { writeArtifacts } from "./dbt-artifacts.ts";
import { conclude } from "./dbt-conclusion.ts";
import { projectHealth } from "./dbt-health.ts";
import { findKept, keep } from "./dbt-kept-project.ts";
import { nameItems, noteEnd, runNodes, type Work } from "./dbt-nodes.ts";
import { readDbtProject } from "./dbt-reading.ts";
import { openSessions, THREADS } from "./dbt-sessions.ts";
import { openSharedResults, type SharedResults } from "./dbt-shared-results.ts";
import { startFirstRunner, startThreads } from "./dbt-threads.ts";
import type { UnitSpec } from "./transform.ts";

/** Does one Job's part of a project that several Jobs build together: the plan, a unit, or what comes last. */
export async function runPacked(spec: UnitSpec, context: CommandContext): Promise<Outcome> {
  return spec.unit.name === PLAN_UNIT ? await plan(spec, context) : await runUnit(spec, context);
}

/**
 * Reads the project, keeps it where the other Jobs find it, and runs the hooks of on-run-start. All items of the node are named by it, and
 * stay pending. A project that has too many units has no plan, and nothing of it is run here.
 */
async function plan(spec: UnitSpec, context: CommandContext): Promise<Outcome> {
  await using workers = startThreads(spec, context);
  await using sessions = openSessions(spec, context, 1);
  const project = await readDbtProject(spec, context, workers);
  const { input } = project;
  const { runner } = workers;
  const { command, packing, artifacts } = spec.work.transform;
  const dependencies = dependenciesOf(input.manifest, input.selected, command === "build");
  const units = unitsOf(input.manifest, dependencies, packing === "level" ? "level" : "model");
  const bytes = packKept({ ...project, units });
  const digest = digestOf(bytes);
  const hasEnd = artifacts !== undefined || hooksOf(input, "on-run-end").length > 0;
  const text = packPlan({ project: digest, hasEnd, units });
  if (units.length > UNITS_MAX || text.length > PLAN_BYTES_MAX)
    return {
      message: `one Job for all: the project has ${units.length} units, and ${UNITS_MAX} with short names are the most`,
    };
  nameItems(input, context);
  await using results = await openSharedResults(spec, context, { digest, sessions });
  const ended = await runShare(spec, context, { input, seeds: project.seeds, sessions, runner, threads: 1 }, results, {
    ids: [],
    hooks: "on-run-start",
  });
  conclude(ended, input.does);
  await keep(spec, sessions, digest, bytes);
  await results.written();
  const count = units.reduce((sum, { ids }) => sum + ids.length, 0);
  return { message: `${count} nodes in ${units.length} units`, plan: text };
}

/** Builds the nodes of a unit, or does what comes when all units have ended. The project is read from where the plan's Job has kept it. */
async function runUnit(spec: UnitSpec, context: CommandContext): Promise<Outcome> {
  const { name, project: digest = "" } = spec.unit;
  const { threads: most = THREADS, packing } = spec.work.transform;
  const threads = packing === "level" ? most : 1;
  await using workers = startFirstRunner(spec, context);
  await using sessions = openSessions(spec, context, threads);
  const { runner } = workers;
  const { input, seeds, macros, units } = await findKept(spec, sessions, digest);
  await using results = await openSharedResults(spec, context, { digest, sessions });
  if (name === END_UNIT) {
    const earlier = all(units, results.earlier);
    const share = { ids: [], hooks: "on-run-end", before: earlier } as const;
    const hooks = await runShare(spec, context, { input, seeds, sessions, runner, threads: 1 }, results, share);
    await writeArtifacts(spec, context, { input, macros, results: [...earlier.values(), ...hooks] });
    return conclude(hooks, input.does);
  }
  const unit = units.find((each) => each.name === name);
  if (unit === undefined) throw new ConfigurationError("InvalidSpec", `the plan of the project has no unit ${name}`);
  const share = { ids: unit.ids, hooks: "none", before: results.earlier } as const;
  const ended = await runShare(spec, context, { input, seeds, sessions, runner, threads }, results, share);
  await results.written();
  const models = { ...input, selected: unit.ids };
  const health = await projectHealth(models, ended, { sessions, log: context.log });
  return conclude(ended, input.does, health);
}

interface ShareOf {
  readonly ids: readonly string[];
  readonly hooks: "on-run-start" | "on-run-end" | "none";
  readonly before?: ReadonlyMap<string, NodeResult>;
}

async function runShare(
  spec: UnitSpec,
  context: CommandContext,
  work: Pick<Work, "input" | "seeds" | "sessions" | "runner" | "threads">,
  results: SharedResults,
  { ids, hooks, before = new Map() }: ShareOf,
): Promise<readonly NodeResult[]> {
  const items = nameItems({ manifest: work.input.manifest, selected: ids }, context);
  return await runNodes(spec, context, {
    ...work,
    share: { ids: new Set(ids), hooks, before },
    ended: results.ended,
    onStart: (id) => items.get(id)?.running(),
    onEnd: (result) => {
      results.note(result);
      noteEnd(result, items.get(result.id), { manifest: work.input.manifest, log: context.log });
    },
  });
}

/** The results of all nodes in the order of the units. A node whose unit was not run, because of what failed before it, was skipped. */
function all(units: readonly Unit[], earlier: ReadonlyMap<string, NodeResult>): ReadonlyMap<string, NodeResult> {
  const ofNodes = units
    .flatMap(({ ids }) => ids)
    .map((id) => [id, earlier.get(id) ?? skippedResult(id, "something before it failed")] as const);
  return new Map([...earlier, ...ofNodes]);
}
