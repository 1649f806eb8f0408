import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { renderTemplate } from "../../jinja/running/interpreter.ts";
import { plain } from "../../jinja/running/parameters.ts";
import type { Rendering } from "../../jinja/running/rendering.ts";
import { Scope } from "../../jinja/running/scope.ts";
import type { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, type Stored, type Value } from "../../jinja/values/value.ts";
import { EPHEMERAL_PREFIX } from "../adapter/relation.ts";
import { readCsv } from "../context/csv-rows.ts";
import { modelDict, NodeContext } from "../context/node-context.ts";
import { ephemeralRelation, refArguments } from "../context/references.ts";
import type { RunWorld } from "../context/run-world.ts";
import { DBT_PACKAGE } from "../macros/macro-library.ts";
import type { ManifestNode, SourceDefinition, UnitTest, UnitTestRows } from "../manifest/node.ts";
import type { DataMap } from "../project/data.ts";
import { envVarFunction, varFunction } from "../project/template-functions.ts";
import { toValue } from "../project/template-values.ts";
import { fail } from "../values/host-function.ts";

/** What stands in place of a model, a source or the model itself. */
interface Input {
  readonly node: ManifestNode;
  /** The name that its CTE has behind dbt's prefix. */
  readonly name: string;
  readonly given: UnitTest["given"][number];
}

/** The inputs of a test, and those that the model has read by now, in that order: so their CTEs stand. */
interface Inputs {
  readonly all: readonly Input[];
  readonly used: Set<Input>;
}

/** A unit test, ready to be materialized as `unit`. */
export interface PreparedUnitTest {
  readonly node: ManifestNode;
  readonly model: DictValue;
  readonly context: NodeContext;
  readonly bare: Rendering;
  readonly fixtures: readonly { readonly id: string; readonly name: string; readonly sql: Rendering }[];
}

/** Renders the model under test with fixtures in place of what it reads, and with the test's macros and variables. */
export function prepareUnitTest(world: RunWorld, test: UnitTest): PreparedUnitTest {
  const [testedId = ""] = test.depends_on.nodes;
  const tested =
    world.manifest.nodes.get(testedId) ?? fail(`unit test '${test.name}': its model is not a part of the project`);
  const all = test.given.map((given) => ({ given, ...inputOf(world, tested, given.input) }));
  // The model itself stands first, whether it is read or not.
  const inputs: Inputs = { all, used: new Set(all.filter((each) => each.node === tested)) };
  const node = unitNode(test, tested);
  const model = modelDict(node);
  const overrides = new Map<string, Stored>(overridesOf(world, test, tested, inputs));
  const context = new NodeContext(world, tested.package_name, { node, model }, overrides);
  overrideMacros(context, test);
  // What is overridden counts while the model is rendered; the materialization sees the project as it is.
  const bare = context.render(tested.original_file_path, tested.raw_code);
  const own = new NodeContext(world, test.package_name, { node, model });
  return {
    node,
    model,
    context: own,
    bare,
    fixtures: [...inputs.used].map((input) => ({
      id: input.node.unique_id,
      name: EPHEMERAL_PREFIX + input.name,
      sql: renderFixture(world, input),
    })),
  };
}

function unitNode(test: UnitTest, tested: ManifestNode): ManifestNode {
  const { format, rows } = test.expect;
  const config = {
    materialized: "unit",
    expected_rows: format === "sql" ? [] : rowsOf(test.expect),
    expected_sql: format === "sql" ? rows : null,
    tags: [],
    meta: {},
  };
  const { unique_id, name, original_file_path, package_name } = test;
  const own = { unique_id, resource_type: "unit_test", name, alias: name, original_file_path, package_name, config };
  return { ...tested, ...own, raw_code: tested.raw_code } as unknown as ManifestNode;
}

/** Rows as maps; those of CSV have texts. */
function rowsOf({ rows, format }: UnitTestRows): readonly DataMap[] {
  if (format !== "csv" || typeof rows !== "string") return Array.isArray(rows) ? rows : [];
  const [names = [], ...records] = readCsv(rows, ",");
  const filled = records.filter((record) => record.length > 0);
  return filled.map((record) => Object.fromEntries(names.map((name, index) => [name, record[index] ?? null])));
}

function renderFixture(world: RunWorld, { node, given }: Input): Rendering {
  const overrides = new Map<string, Stored>([["fixture_rows", rowsOf(given).map((row) => toValue(row))]]);
  const context = new NodeContext(world, node.package_name, { node, model: modelDict(node) }, overrides);
  const isSql = given.format === "sql" && typeof given.rows === "string";
  const text = isSql ? String(given.rows) : "{{ get_fixture_sql(fixture_rows, none) }}";
  return context.render(`fixture ${given.input}`, text);
}

/** The node that `ref('films')`, `source('raw', 'films')` or `this` means. */
function inputOf(world: RunWorld, tested: ManifestNode, input: string): { node: ManifestNode; name: string } {
  if (input.trim() === "this") return { node: tested, name: tested.alias };
  let found: { node: ManifestNode; name: string } | undefined;
  const ref = new CallableValue("ref", (given) => {
    const target = world.lookup.find(refArguments(given), tested.package_name);
    const node = target && world.manifest.nodes.get(target.id);
    if (node !== undefined) found = { node, name: node.alias };
    return "";
  });
  const source = new CallableValue("source", ({ positional }) => {
    const [sourceName, table] = positional.map((each) => toText(plain(each)));
    const all = [...world.manifest.sources.values()];
    const match = all.find((each) => each.source_name === sourceName && each.name === table);
    if (match !== undefined) found = { node: sourceNode(match), name: `${match.source_name}__${match.name}` };
    return "";
  });
  const names = new Map<string, Stored>([
    ["ref", ref],
    ["source", source],
  ]);
  renderTemplate(
    parseDbtTemplate("input", `{{ ${input} }}`),
    new Scope(undefined, { get: (name) => names.get(name), names: () => names.keys() }),
  );
  return found ?? fail(`the input ${input} is not a part of the project`);
}

/** A source as the node that its fixture is rendered for. */
function sourceNode(source: SourceDefinition): ManifestNode {
  return {
    ...source,
    resource_type: "model",
    alias: source.identifier,
    config: { quoting: source.quoting },
    raw_code: "",
    depends_on: { macros: [], nodes: [] },
  } as unknown as ManifestNode;
}

function overridesOf(
  world: RunWorld,
  test: UnitTest,
  tested: ManifestNode,
  { all, used }: Inputs,
): Map<string, Stored> {
  const standIn = (id: string, what: string): Value => {
    const input =
      all.find(({ node }) => node.unique_id === id) ?? fail(`unit test '${test.name}' has no input for ${what}`);
    used.add(input);
    return ephemeralRelation(world, input.name);
  };
  const { vars = {}, env_vars = {} } = test.overrides ?? {};
  const own = all.find(({ node }) => node === tested);
  const scope = () => new NodeContext(world, tested.package_name).scope;
  const found = new Map<string, Stored>([
    [
      "ref",
      new CallableValue("ref", (given) => {
        const args = refArguments(given);
        return standIn(world.lookup.find(args, tested.package_name)?.id ?? "", `ref('${args.name}')`);
      }),
    ],
    [
      "source",
      new CallableValue("source", ({ positional }) => {
        const [source, table] = positional.map((each) => toText(plain(each)));
        const match = [...world.manifest.sources.values()].find(
          (each) => each.source_name === source && each.name === table,
        );
        return standIn(match?.unique_id ?? "", `source('${source}', '${table}')`);
      }),
    ],
    ["this", own === undefined ? null : ephemeralRelation(world, own.name)],
    ["var", varFunction({ ...world.variables(tested.package_name), ...vars }, scope)],
    [
      "env_var",
      envVarFunction(
        new Map([
          ...world.environment,
          ...Object.entries(env_vars).map(([name, value]) => [name, String(value)] as const),
        ]),
      ),
    ],
  ]);
  for (const [name, value] of macrosOf(test)) {
    const [packageName = "", macro = ""] = name.includes(".") ? name.split(".") : [DBT_PACKAGE, name];
    // A macro of dbt has its name everywhere, one of another package behind the name of that.
    if (packageName === DBT_PACKAGE) found.set(macro, value);
  }
  return found;
}

function macrosOf({ overrides }: UnitTest): (readonly [string, CallableValue])[] {
  const entries = Object.entries(overrides?.macros ?? {});
  return entries.map(([name, value]) => [name, new CallableValue(name, () => toValue(value))] as const);
}

function overrideMacros({ namespace }: NodeContext, test: UnitTest): void {
  for (const [name, value] of macrosOf(test)) {
    const [packageName = "", macro = ""] = name.includes(".") ? name.split(".") : [DBT_PACKAGE, name];
    namespace.override(packageName, macro, value);
  }
}
