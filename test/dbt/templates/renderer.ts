import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RelationCache } from "../../../task-image/dbt/adapter/relation-cache.ts";
import type { StatementResult } from "../../../task-image/dbt/bridge/messages.ts";
import { modelDict, NodeContext } from "../../../task-image/dbt/context/node-context.ts";
import { KnownFiles } from "../../../task-image/dbt/macros/known-files.ts";
import { buildWorld } from "../../../task-image/dbt/run/build-world.ts";
import { readRun } from "../../../task-image/dbt/run/read-run.ts";
import { formatProblem } from "../../../task-image/jinja/problem.ts";
import { PROJECT } from "./recorded.ts";

/** What reading a project calls of dbt's macros. */
const MACROS = `
{% macro generate_database_name(custom=none, node=none) %}{{ target.database }}{% endmacro %}
{% macro generate_schema_name(custom=none, node=none) %}{{ custom or target.schema }}{% endmacro %}
{% macro generate_alias_name(custom=none, node=none) %}{{ custom or node.name }}{% endmacro %}
`;

/** The model that each template is rendered as. */
const FILE = "models/templates/template.sql";
const MICROS_IN_2024 = 1_710_000_000_000_000n;

/** Renders templates as models of the project, with what a database answers. The function throws where a template is refused. */
export function templateRenderer(run: (sql: string) => StatementResult): (template: string) => string {
  const paths = readdirSync(PROJECT, { recursive: true, encoding: "utf8" }).filter((path) => /\.\w+$/.test(path));
  const tree = new Map(paths.map((path) => [path, readFileSync(join(PROJECT, path), "utf8")] as const));
  tree.set(FILE, "select 1");
  const read = readRun({
    tree,
    dbtMacros: [{ packageName: "dbt", path: "macros/dbt.sql", text: MACROS }],
    database: "warehouse",
    schema: "lab",
    warehouse: "postgres",
    targetName: "dev",
    threads: 1,
    vars: {},
    environment: new Map(),
    flags: { FULL_REFRESH: false, STORE_FAILURES: false, WHICH: "run", EMPTY: false },
    isEmpty: false,
    invocationId: "00000000-0000-4000-8000-000000000000",
    startedAt: MICROS_IN_2024,
  });
  if (read.problems.length > 0) throw new Error(read.problems.map(formatProblem).join("\n"));
  const world = buildWorld(read.inputFor([], "compile"), {
    bridge: {
      run: (sql) => run(String(sql)),
      copy: () => 0,
      inTurn: (work) => work(),
      cache: new RelationCache(),
      log: () => undefined,
    },
    clock: () => MICROS_IN_2024,
    thread: "Thread-1",
    files: new KnownFiles(),
    seedText: () => undefined,
  });
  const node = read.manifest.nodes.get("model.templates.template");
  if (node === undefined) throw new Error("the project has no model to render");
  return (template) => {
    const context = new NodeContext(world, node.package_name, { node, model: modelDict(node) });
    return context.render(FILE, template).text;
  };
}
