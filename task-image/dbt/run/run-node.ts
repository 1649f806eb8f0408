import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import { beginWithoutRows, computed } from "../../jinja/row-values.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { EvaluationError, TemplateError } from "../../jinja/template-error.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import type { Stored, Value } from "../../jinja/values/value.ts";
import { ResponseValue } from "../adapter/answers.ts";
import { RelationValue } from "../adapter/relation.ts";
import { StatementError } from "../bridge/statement-error.ts";
import { modelDict, NodeContext } from "../context/node-context.ts";
import type { RunWorld } from "../context/run-world.ts";
import type { ManifestNode, UnitTest } from "../manifest/node.ts";
import type { DataMap } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";
import { fail } from "../values/host-function.ts";
import { type CompiledSql, compileNode, testOverrides, withCtes } from "./compile-node.ts";
import { copyingSeeds } from "./copy-seed.ts";
import type { NodeResult, ServerResponse } from "./node-result.ts";
import { runEndValues } from "./run-end-values.ts";
import { type RunClock, Stopwatch } from "./stopwatch.ts";
import { testVerdict, unitVerdict } from "./test-verdict.ts";
import { prepareUnitTest } from "./unit-test.ts";

export type Outcome = Pick<NodeResult, "status" | "message" | "rows" | "failures" | "response" | "freshness">;

/** What of a node's run is known before its end. */
interface Course {
  readonly watch: Stopwatch;
  context?: NodeContext;
}

export interface NodeRun {
  readonly clock: RunClock;
  /** The name of the thread. */
  readonly thread: string;
  readonly results?: readonly NodeResult[] | undefined;
}

/** Runs a node by its materialization, or a hook by its text. It never throws: what goes wrong is the node's result. */
export function runNode(world: RunWorld, node: ManifestNode, run: NodeRun): NodeResult {
  const isHook = node.resource_type === "operation";
  const result = timed(world, node.unique_id, run, (course) => {
    const model = modelDict(node);
    if (isHook) world.nameSession("master", null);
    else world.nameSession(node.unique_id, model);
    const overrides = new Map<string, Stored>(run.results && runEndValues(world, run.results));
    const context = new NodeContext(world, node.package_name, { node, model }, overrides);
    course.context = context;
    for (const [name, value] of testOverrides(world, node, context)) overrides.set(name, value);
    if (node.resource_type === "seed") {
      for (const [name, value] of copyingSeeds(world, node.package_name, () => context)) overrides.set(name, value);
    }
    if (node.resource_type !== "seed") compileInto(world, node, context, model);
    course.watch.end("compile");
    return isHook ? runHook(world, context, node) : materialize(world, node, context);
  });
  return isHook && result.status === "error" ? { ...result, failures: 1 } : result;
}

/** Renders the SQL of a node, and runs nothing of it but what it asks the database while it renders. */
export function compileOnly(world: RunWorld, node: ManifestNode, run: NodeRun): NodeResult {
  return timed(world, node.unique_id, run, (course) => {
    const model = modelDict(node);
    world.nameSession(node.unique_id, model);
    const overrides = new Map<string, Stored>();
    const context = new NodeContext(world, node.package_name, { node, model }, overrides);
    course.context = context;
    for (const [name, value] of testOverrides(world, node, context)) overrides.set(name, value);
    compileInto(world, node, context, model);
    course.watch.end("compile");
    return { status: "success", message: "", rows: null, failures: null, response: null };
  });
}

/** Runs a unit test: its model's query over fixtures, beside the rows that are expected. */
export function runUnitTest(world: RunWorld, test: UnitTest, run: NodeRun): NodeResult {
  return timed(world, test.unique_id, run, (course) => {
    world.nameSession(test.unique_id, toValue(test as unknown as DataMap));
    const { node, model, context, bare, fixtures } = prepareUnitTest(world, test);
    course.context = context;
    keepCompiled(context, model, { sql: withCtes(bare, fixtures), ctes: fixtures });
    course.watch.end("compile");
    return materialize(world, node, context);
  });
}

const FAILED = { status: "error", rows: null, failures: null, response: null } as const;

/** What a node's work came to, with its time; an error is its result, and what it left open is rolled back. */
export function timed(
  world: RunWorld,
  id: string,
  { clock, thread }: NodeRun,
  work: (course: Course) => Outcome,
): NodeResult {
  const course: Course = { watch: new Stopwatch(clock) };
  beginWithoutRows(publicNames(world, id));
  const end = (outcome: Outcome, sqlState: string | null): NodeResult => {
    const { watch, context } = course;
    const measured = { thread, steps: watch.steps, seconds: watch.seconds };
    return { id, ...outcome, ...measured, sqlState, compiledCode: context?.compiled?.text ?? null };
  };
  try {
    const outcome = work(course);
    course.watch.end("execute");
    return end(outcome, null);
  } catch (error) {
    return end({ ...FAILED, message: failureMessage(error) }, statementErrorIn(error)?.sqlState ?? null);
  } finally {
    rollbackQuietly(world);
  }
}

/** Names of a node that messages may quote whatever was read. */
function publicNames({ manifest }: RunWorld, id: string): readonly string[] {
  const node = manifest.nodes.get(id);
  if (node === undefined) return [id];
  const { name, alias, schema, database, package_name: owner, original_file_path: path } = node;
  return [id, name, alias, schema, owner, path, ...[database, node.relation_name].filter((each) => each !== null)];
}

/** After an error of the connection nothing can be rolled back, and the error itself says more. */
export function rollbackQuietly({ adapter }: RunWorld): void {
  try {
    adapter.connection.rollback();
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
  }
}

export function compileInto(world: RunWorld, node: ManifestNode, context: NodeContext, model: DictValue): void {
  keepCompiled(context, model, compileNode(world, node, context));
  if (node.resource_type === "model") resolveForeignKeys(node, context, model);
}

function keepCompiled(context: NodeContext, model: DictValue, { sql, ctes }: CompiledSql): void {
  context.compiled = sql;
  model.set("compiled", true);
  model.set("compiled_code", sql.text);
  model.set("compiled_sql", sql.text);
  model.set("extra_ctes_injected", true);
  model.set(
    "extra_ctes",
    ctes.map(({ id, sql: cte }) =>
      DictValue.of([
        ["id", id],
        ["sql", cte.text],
      ]),
    ),
  );
}

/** `to: ref('films')` of foreign keys becomes the relation that it means. */
function resolveForeignKeys(node: ManifestNode, context: NodeContext, model: DictValue): void {
  const columns = model.get("columns");
  const owners = [model, ...(columns instanceof DictValue ? columns.values() : [])];
  for (const constraint of owners.flatMap((owner) => listIn(owner, "constraints"))) {
    if (!(constraint instanceof DictValue) || constraint.get("type") !== "foreign_key") continue;
    const to = constraint.get("to");
    if (typeof to === "string") constraint.set("to", context.render(node.original_file_path, `{{ ${to} }}`).text);
  }
}

function listIn(owner: Value, key: string): readonly Value[] {
  const list = owner instanceof DictValue ? owner.get(key) : undefined;
  return Array.isArray(list) ? list : [];
}

export function materialize(world: RunWorld, node: ManifestNode, context: NodeContext): Outcome {
  const name = String(node.config.materialized ?? "");
  const definition = world.library.materialization(name);
  if (definition === undefined)
    return fail(`there is no materialization '${name}' for ${world.adapter.warehouse.type}`);
  const macro = context.namespace.bound(definition);
  const budget = new Budget(DBT_LIMITS);
  const result = plain(
    budget.run(() => macro.call({ positional: [], named: new Map() }, { at: definition.at, frame: undefined, budget })),
  );
  const { main } = context.results;
  if (node.resource_type === "test") {
    if (main === undefined) return fail(`the materialization '${name}' ran no statement 'main'`);
    return { ...testVerdict(main.table, node.config), response: serverResponse(main.response) };
  }
  if (name === "unit" && main !== undefined) {
    return { ...unitVerdict(main.table), response: serverResponse(main.response) };
  }
  for (const relation of relationsOf(result, name)) world.adapter.remember(relation);
  if (main === undefined) return fail(`the materialization '${name}' ran no statement 'main'`);
  const response = serverResponse(main.response);
  const counted = response !== null && response.rowsAffected >= 0;
  const rows = counted ? response.rowsAffected : null;
  return { status: "success", message: toText(main.response), rows, failures: null, response };
}

/** What a materialization has made: it returns a dict with a list of relations. */
function relationsOf(result: Value, name: string): RelationValue[] {
  const relations = result instanceof DictValue ? result.get("relations") : undefined;
  if (!Array.isArray(relations))
    return fail(`the materialization '${name}' did not return a dict with its 'relations'`);
  return iterate(relations).map((each) => {
    return each instanceof RelationValue
      ? each
      : fail(`the materialization '${name}' returned ${computed(toText(each))} among its relations`);
  });
}

export function serverResponse(response: Value): ServerResponse | null {
  if (!(response instanceof ResponseValue)) return null;
  const { message, code, rowsAffected } = response;
  return { message, code, rowsAffected: Number(rowsAffected) };
}

/** A statement of on-run-start or on-run-end, outside of a transaction. */
function runHook({ adapter }: RunWorld, context: NodeContext, node: ManifestNode): Outcome {
  const sql = context.compiled;
  if (sql !== undefined && sql.text.trim() !== "")
    adapter.execute(sql, { autoBegin: false, fetch: false, limit: undefined });
  return { status: "success", message: `${node.name} passed`, rows: null, failures: 0, response: null };
}

/** A refused statement says where in the model; anything else where in which macro. */
export function failureMessage(error: unknown): string {
  const refused = statementErrorIn(error);
  if (refused !== undefined) return refused.message;
  if (error instanceof TemplateError) return error.toString();
  if (error instanceof EvaluationError) return error.message;
  throw error;
}

function statementErrorIn(error: unknown): StatementError | undefined {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof StatementError) return each;
  return undefined;
}
