import type { TaskUnit } from "#api/packing.ts";
import type { Catalog } from "../dbt/run/catalog.ts";
import type { NodeResult } from "../dbt/run/node-result.ts";
import type { StartedThread } from "../threads/thread.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import { writeArtifacts } from "./dbt-artifacts.ts";
import { openAttempts } from "./dbt-attempts.ts";
import { conclude } from "./dbt-conclusion.ts";
import { writeDocs } from "./dbt-docs.ts";
import { projectHealth } from "./dbt-health.ts";
import { nameItems, noteEnd, runNodes } from "./dbt-nodes.ts";
import { type ReadProject, readDbtProject } from "./dbt-reading.ts";
import { type DbtSessions, openSessions, THREADS } from "./dbt-sessions.ts";
import { startThreads } from "./dbt-threads.ts";

/** A task that does a part of a project. */
export type UnitSpec = SpecOf<"transform"> & { readonly unit: TaskUnit };

/**
 * Runs a dbt project by dbt's own macros: what the command takes of it, in the order of the graph, on as many sessions as there are
 * threads. Every node that was selected has an item and a result. Rejects with the worst that became of one.
 */
export async function transform(spec: SpecOf<"transform">, context: CommandContext): Promise<Outcome> {
  if (isUnit(spec)) return await (await import("./dbt-unit.ts")).runPacked(spec, context);
  await using threads = startThreads(spec, context);
  await using sessions = openSessions(spec, context, spec.work.transform.threads ?? THREADS);
  const project = await readDbtProject(spec, context, threads);
  const { input, macros } = project;
  const { results, catalog } = await runAttempt(spec, context, { ...project, sessions, runner: threads.runner });
  if (catalog !== undefined) return await writeDocs(spec, context, { input, macros, results, catalog });
  if (spec.work.transform.command === "docs") return conclude(results, input.does);
  await writeArtifacts(spec, context, { input, macros, results });
  if (results.length === 0) {
    context.log.warn("nothing of the project is selected", { select: spec.work.transform.select ?? [] });
    return { message: `no node: ${spec.work.transform.command} takes nothing of what is selected` };
  }
  const health = await projectHealth(input, results, { sessions, log: context.log });
  return conclude(results, input.does, health);
}

function isUnit(spec: SpecOf<"transform">): spec is UnitSpec {
  return spec.unit !== undefined;
}

interface Attempt extends ReadProject {
  readonly sessions: DbtSessions;
  readonly runner: StartedThread;
}

interface Ran {
  readonly results: readonly NodeResult[];
  /** Of `docs`, where every node could be rendered. */
  readonly catalog: Catalog | undefined;
}

/** Runs what earlier attempts have not ended well, and answers the results of all. */
async function runAttempt(spec: SpecOf<"transform">, context: CommandContext, attempt: Attempt): Promise<Ran> {
  const { input, seeds, sources, tree, sessions, runner } = attempt;
  let catalog: Catalog | undefined;
  const keep = (read: Catalog) => {
    catalog = read;
  };
  const isDocs = spec.work.transform.command === "docs";
  const items = nameItems(input, context);
  await using attempts = await openAttempts(spec, context, { input, tree, sessions });
  const results = await runNodes(spec, context, {
    catalog: isDocs ? { ids: [...input.selected, ...sources], keep } : undefined,
    ...{ input, seeds, sessions, runner, ended: attempts.ended, threads: spec.work.transform.threads ?? THREADS },
    onStart: (id) => items.get(id)?.running(),
    onEnd: (result) => {
      attempts.note(result);
      noteEnd(result, items.get(result.id), { manifest: input.manifest, log: context.log });
    },
  });
  return { results, catalog };
}
