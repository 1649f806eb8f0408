import { namedConnection } from "../connections/named-connection.ts";
import { readPostgresSettings } from "../connections/postgres-settings.ts";
import { givenVars } from "../dbt/project/given-vars.ts";
import { toValue } from "../dbt/project/template-values.ts";
import { ConfigurationError, failureOfKind, foreignCode, reworded, type TaskFailure } from "../errors.ts";
import { formatFrames, formatPosition } from "../jinja/position.ts";
import { formatProblem, type Problem } from "../jinja/problem.ts";
import type { Value } from "../jinja/values/value.ts";
import { downstream } from "../models/graph.ts";
import type { CompiledModel } from "../models/model.ts";
import { databaseFailure, serverMessage } from "../postgres/failure.ts";
import { materialize } from "../postgres/models/materialize.ts";
import { prepareModelSchema } from "../postgres/models/model-schema.ts";
import { ModelStatementError } from "../postgres/models/model-statement.ts";
import { openSession, type Session } from "../postgres/session.ts";
import { kindOfSqlState } from "../postgres/sqlstate.ts";
import { compileAside } from "../projects/compile-aside.ts";
import { readProject } from "../projects/read-project.ts";
import type { ItemProgress } from "../report/item-progress.ts";
import { showTable } from "../sql/identifier.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import type { DbtSpec } from "./dbt.ts";

/** Problems and failures that a message names; the log has all of them. */
const NAMED_MAX = 3;

/**
 * Builds the models of a project in the order of their references. The whole project is read and rendered before the first
 * statement. A model that fails skips those that read it; all others are built.
 */
export async function transform(spec: SpecOf<"transform">, context: CommandContext): Promise<Outcome> {
  if (isDbt(spec)) return await (await import("./dbt.ts")).runDbt(spec, context);
  const models = await readModels(spec, context);
  const items = context.progress.items(
    "model",
    models.map(({ name }) => name),
  );
  const { connection } = spec.work.transform;
  await using session = await openSession(spec, connection, context, { readsAllRows: true });
  for (const schema of new Set(models.map(({ relation }) => relation.schema))) {
    await prepareModelSchema(session, schema).catch((error: unknown) => {
      throw databaseFailure(error, `making schema ${schema} of connection ${connection}`);
    });
  }
  return conclude(models, await buildModels(session, models, items, context));
}

function isDbt(spec: SpecOf<"transform">): spec is DbtSpec {
  return spec.work.transform.command !== undefined;
}

async function readModels(spec: SpecOf<"transform">, context: CommandContext): Promise<readonly CompiledModel[]> {
  const { connection, schema, vars, project } = spec.work.transform;
  const { files } = await readProject(project, context.projectDirectory);
  const input = {
    files,
    schema,
    target: await describeTarget(spec, context),
    vars: new Map(Object.entries(givenVars(vars ?? {})).map(([name, value]) => [name, toValue(value)] as const)),
    environment: new Map(),
  };
  context.log.info("reading the project", { files: input.files.size });
  const { models, problems } = await compileAside(input, context.signal);
  if (problems !== undefined) throw projectFailure(problems, context);
  for (const { name, messages } of models) {
    for (const message of messages) context.log.info("a model says", { model: name, text: message });
  }
  context.log.info("project read", { models: models.length, connection, schema });
  return models;
}

/** What templates can read of the connection: names, and nothing that a Secret might want to keep. */
async function describeTarget(spec: SpecOf<"transform">, { redactor }: CommandContext): Promise<Map<string, Value>> {
  const { connection } = spec.work.transform;
  const target = new Map<string, Value>([
    ["name", connection],
    ["type", "postgres"],
    ["threads", 1n],
  ]);
  const options = namedConnection(spec, connection, "postgres");
  const { database } = await readPostgresSettings(connection, options, redactor);
  return target.set("database", database).set("dbname", database);
}

function projectFailure(problems: readonly Problem[], { log }: CommandContext): ConfigurationError {
  for (const problem of problems) log.error("the project cannot run", { problem: formatProblem(problem) });
  return new ConfigurationError("InvalidProject", sentences(problems.map(formatProblem)));
}

/** How building ended: rows of the tables, what failed, what was left out because of it. */
interface Built {
  readonly rows: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<string, TaskFailure>;
  readonly skipped: ReadonlySet<string>;
}

async function buildModels(
  session: Session,
  models: readonly CompiledModel[],
  items: readonly ItemProgress[],
  context: CommandContext,
): Promise<Built> {
  const dependencies = new Map(models.map(({ name, needs }) => [name, needs]));
  const rows = new Map<string, number>();
  const failures = new Map<string, TaskFailure>();
  let skipped: ReadonlySet<string> = new Set();
  for (const [index, model] of models.entries()) {
    const item = items[index];
    if (skipped.has(model.name)) {
      item?.ended("Skipped", { message: "a model that it reads has failed" });
      continue;
    }
    item?.running();
    const result = await buildModel(session, model, models, context);
    if (typeof result === "object") {
      failures.set(model.name, result);
      item?.ended("Failed", { message: result.message });
      skipped = downstream(new Set(failures.keys()), dependencies);
      context.log.error("model failed", { model: model.name, problem: result.message, skipped: [...skipped] });
    } else {
      item?.ended("Succeeded", result === undefined ? {} : { rows: result });
      if (result !== undefined) rows.set(model.name, result);
    }
  }
  return { rows, failures, skipped };
}

/** Builds one model and answers its rows or its failure. A failure that a retry can mend ends the task at once. */
async function buildModel(
  session: Session,
  model: CompiledModel,
  models: readonly CompiledModel[],
  { log }: CommandContext,
): Promise<number | undefined | TaskFailure> {
  const { name, relation, materialized, sql } = model;
  try {
    const rows = await materialize(
      session,
      { relation, materialized, sql: sql.text },
      {
        own: models.map((each) => each.relation),
        onWait: (table) => log.info("waiting for another writer", { model: name, table }),
      },
    );
    log.info("model built", { model: name, relation: showTable(relation), materialized, rows });
    return rows;
  } catch (error) {
    const failure = modelFailure(error, model);
    if (failure.kind === "transient") throw failure;
    return failure;
  }
}

/** `models/film_ratings.sql:12:8: column "titel" does not exist ...`: the place in the file that the user wrote. */
function modelFailure(error: unknown, { name, path, sql }: CompiledModel): TaskFailure {
  if (!(error instanceof ModelStatementError)) return databaseFailure(error, `${path}: building model ${name}`);
  const { cause, offset } = error;
  const origin = offset === undefined ? undefined : sql.origin(offset);
  const place = origin === undefined ? path : formatPosition(origin.at);
  const message = `${place}: ${serverMessage(cause)} in model ${name}${formatFrames(origin?.frame)}`;
  return failureOfKind(kindOfSqlState(cause.code), foreignCode(cause.code), message, { cause });
}

function conclude(models: readonly CompiledModel[], { rows, failures, skipped }: Built): Outcome {
  const measured = { rows: total(rows) };
  const [first] = failures.values();
  if (first === undefined) return { ...measured, message: summary(models, measured.rows) };
  const left = skipped.size === 0 ? "" : `; skipped because of it: ${[...skipped].join(", ")}`;
  const reasons = sentences([...failures.values()].map(({ message }) => message));
  const message = `${failures.size} of ${count(models.length, "model")} failed: ${reasons}${left}`;
  throw reworded(first, message, { cause: first, measured });
}

function summary(models: readonly CompiledModel[], rows: number): string {
  const tables = models.filter(({ materialized }) => materialized === "table").length;
  const kinds = [
    [models.length - tables, "view"],
    [tables, "table"],
  ] as const;
  const parts = kinds.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun));
  const written = tables === 0 ? [] : [count(rows, "row")];
  return `${count(models.length, "model")}: ${[...parts, ...written].join(", ")}`;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

function total(rows: ReadonlyMap<string, number>): number {
  return [...rows.values()].reduce((sum, each) => sum + each, 0);
}

function sentences(texts: readonly string[]): string {
  const rest = texts.length - NAMED_MAX;
  return [...texts.slice(0, NAMED_MAX), ...(rest > 0 ? [`${rest} more in the log`] : [])].join("; ");
}
