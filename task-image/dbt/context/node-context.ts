import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { bindMacro, renderTemplate } from "../../jinja/running/interpreter.ts";
import type { Rendering } from "../../jinja/running/rendering.ts";
import { Scope } from "../../jinja/running/scope.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { type CallableValue, foundOr, type Stored, type Value } from "../../jinja/values/value.ts";
import { adapterObject } from "../adapter/adapter-object.ts";
import { translateType } from "../adapter/column.ts";
import { MacroNamespace } from "../macros/macro-namespace.ts";
import type { ManifestNode } from "../manifest/node.ts";
import type { DataMap } from "../project/data.ts";
import { envVarFunction, varFunction } from "../project/template-functions.ts";
import { toValue } from "../project/template-values.ts";
import { ContextValue } from "../values/context-object.ts";
import { fail, hostFunction, MembersValue } from "../values/host-function.ts";
import { configObject } from "./config-object.ts";
import type { Batch } from "./event-time.ts";
import { type Reader, refFunction, sourceFunction } from "./references.ts";
import { StatementResults } from "./results.ts";
import { type RunWorld, relationOfNode } from "./run-world.ts";
import { withConfig } from "./runtime-config.ts";
import { readSeed } from "./seed-table.ts";

/** The node that templates and macros run for, and what is known of it by now. */
export interface RunSubject {
  readonly node: ManifestNode;
  /** `model` in templates: the node as a dict that compilation has added to. */
  readonly model: DictValue;
  /** What of event time it is built for; everything without it. */
  readonly batch?: Batch;
}

/** Members that stand before the context's own: what a generic test is called with, or a unit test has in place of the real. */
export type Overrides = ReadonlyMap<string, Stored>;

/**
 * The variables of a node while it runs, made when they are asked for. Macros stand before values of the context, as in dbt, so that a
 * project's own `ref` wins; `builtins` has the original ones. Without a subject it is what the adapter's own calls of macros see.
 */
export class NodeContext {
  readonly scope: Scope;
  readonly namespace: MacroNamespace;
  readonly results = new StatementResults();
  /** Unique ids of the ephemeral models that `ref()` was asked for. */
  readonly ephemerals = new Set<string>();
  /** The node's SQL with its source map, as soon as it is compiled. */
  compiled: Rendering | undefined;
  readonly #world: RunWorld;
  readonly #package: string;
  readonly #subject: RunSubject | undefined;
  readonly #values = new Map<string, Stored | undefined>();
  /** By `context.update()`. */
  readonly #written = new Map<string, Value>();

  constructor(world: RunWorld, packageName: string, subject?: RunSubject, overrides: Overrides = new Map()) {
    this.#world = world;
    this.#package = packageName;
    this.#subject = subject;
    this.namespace = new MacroNamespace(world.library, packageName, (definition) =>
      bindMacro(definition.statement(), this.scope),
    );
    this.scope = new Scope(undefined, {
      get: (name) =>
        foundOr(this.#written.get(name), () =>
          foundOr(overrides.get(name), () => this.namespace.get(name) ?? this.#value(name)),
        ),
      names: () => [...overrides.keys(), ...NAMES, ...world.shared.names()],
    });
  }

  /** Renders a text with these variables. */
  render(file: string, text: string): Rendering {
    return renderTemplate(parseDbtTemplate(file, text), this.scope, new Budget(DBT_LIMITS));
  }

  #value(name: string): Stored | undefined {
    // These change while the node runs.
    if (name === "sql" || name === "compiled_code") return this.compiled ?? null;
    if (!this.#values.has(name)) this.#values.set(name, this.#make(name));
    return this.#values.get(name);
  }

  #make(name: string): Stored | undefined {
    return foundOr(this.#ofNode(name), () =>
      foundOr(this.#ofRun(name), () => foundOr(this.results.member(name), () => this.#world.shared.get(name))),
    );
  }

  /** What differs from node to node. */
  #ofNode(name: string): Stored | undefined {
    const node = this.#subject?.node;
    switch (name) {
      case "this":
        return node === undefined || node.resource_type === "operation" ? null : relationOfNode(this.#world, node);
      case "model":
        return this.#subject?.model;
      case "config":
        return configObject(this.#config(), () => this.#subject?.model ?? null, node?.unique_id ?? "the macro");
      case "ref":
        return this.#withConfig(refFunction(this.#world, this.#reader(), (id) => this.ephemerals.add(id)));
      case "source":
        return this.#withConfig(sourceFunction(this.#world, this.#reader()));
      case "database":
      case "schema":
        return node?.[name] ?? this.#targetValue(name);
      case "pre_hooks":
      case "post_hooks":
        return this.#hooks(name === "pre_hooks" ? "pre-hook" : "post-hook");
      case "load_agate_table":
        return hostFunction(name, [], () => this.#seed());
      default:
        return undefined;
    }
  }

  #withConfig(call: CallableValue): Value {
    return withConfig(call, () => this.#world.config);
  }

  #reader(): Reader {
    const { node, batch } = this.#subject ?? {};
    return { node, batch, packageName: this.#package };
  }

  /** What the run has. */
  #ofRun(name: string): Stored | undefined {
    switch (name) {
      case "adapter":
        return this.#adapter();
      case "builtins":
        return new MembersValue(
          "builtins",
          Object.fromEntries(BUILTINS.map((each) => [each, () => this.#value(each) ?? null] as const)),
        );
      case "context":
        return new ContextValue(
          (each) => this.scope.get(each),
          (each, value) => this.#written.set(each, value),
        );
      case "execute":
        return true;
      case "var":
        return varFunction(this.#world.variables(this.#package), () => this.scope);
      case "env_var":
        return envVarFunction(this.#world.environment);
      case "graph":
        return this.#world.graph();
      case "project_name":
        return this.#world.manifest.projectName;
      case "selected_resources":
        return [...this.#world.selected];
      case "render":
        return hostFunction(name, ["string"], (found) => this.render("a hook", found.text(0)));
      case "write":
        return hostFunction(name, ["payload"], () => "");
      case "doc":
        return hostFunction(name, ["package_or_name", "name?"], () => "");
      case "sql_now":
        return "now()";
      case "defer_relation":
      case "context_macro_stack":
        return null;
      case "submit_python_job":
        return hostFunction(name, ["parsed_model", "compiled_code"], () =>
          fail("Python models cannot run here: use a container node"),
        );
      default:
        return undefined;
    }
  }

  #adapter(): Value {
    const dispatch = this.namespace.dispatchFunction();
    return adapterObject(this.#world.adapter, { dispatch, macro: (name) => this.scope.get(name) });
  }

  #config(): DictValue {
    const config = this.#subject?.model.get("config");
    return config instanceof DictValue ? config : new DictValue();
  }

  #hooks(name: "pre-hook" | "post-hook"): Value {
    const { node } = this.#subject ?? {};
    if (node === undefined || node.resource_type === "test") return [];
    return this.#config().get(name) ?? [];
  }

  #targetValue(name: string): Value {
    const target = this.#world.shared.get("target");
    return target instanceof DictValue ? (target.get(name) ?? null) : null;
  }

  #seed(): Value {
    const node = this.#subject?.node;
    if (node?.resource_type !== "seed") return fail("load_agate_table() can only be used in a seed");
    const text = this.#world.seedText(node) ?? fail(`the file of the seed is missing: ${node.original_file_path}`);
    return readSeed(node.original_file_path, text, node.config);
  }
}

const BUILTINS = ["ref", "source", "config"];
const NAMES = [
  "this",
  "model",
  "config",
  "ref",
  "source",
  "database",
  "schema",
  "pre_hooks",
  "post_hooks",
  "load_agate_table",
  "adapter",
  "builtins",
  "context",
  "execute",
  "var",
  "env_var",
  "graph",
  "project_name",
  "selected_resources",
  "render",
  "load_result",
  "store_result",
  "store_raw_result",
  "sql",
  "compiled_code",
];

/** The node as `model` shows it. */
export function modelDict(node: ManifestNode): DictValue {
  const value = toValue(node as unknown as DataMap);
  if (!(value instanceof DictValue)) return new DictValue();
  translateTypes(value);
  return value;
}

/** Columns' types are the adapter's: `string` of a contract is `TEXT`, unless `alias_types` is off. */
function translateTypes(model: DictValue): void {
  const [contract, columns] = [model.get("contract"), model.get("columns")];
  if (!(contract instanceof DictValue) || contract.get("alias_types") !== true) return;
  for (const column of columns instanceof DictValue ? columns.values() : []) {
    if (!(column instanceof DictValue)) continue;
    const type = column.get("data_type");
    if (typeof type === "string") column.set("data_type", translateType(type));
  }
}
