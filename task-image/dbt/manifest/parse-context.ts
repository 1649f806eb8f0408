import type { Position } from "../../jinja/position.ts";
import { bindMacro } from "../../jinja/running/interpreter.ts";
import { bind, plain } from "../../jinja/running/parameters.ts";
import { Scope } from "../../jinja/running/scope.ts";
import { EvaluationError } from "../../jinja/template-error.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, foundOr, ObjectValue, type Stored, type Value } from "../../jinja/values/value.ts";
import type { MacroDefinition } from "../macros/macro.ts";
import type { MacroLibrary } from "../macros/macro-library.ts";
import { MacroNamespace } from "../macros/macro-namespace.ts";
import type { DataMap } from "../project/data.ts";
import { envVarFunction, varFunction } from "../project/template-functions.ts";
import { toData } from "../project/template-values.ts";
import { ContextValue } from "../values/context-object.ts";
import { configArguments, refArguments } from "./call-arguments.ts";
import { settingName } from "./config-fields.ts";
import type { RefArgs } from "./node.ts";
import type { ParseHost } from "./parse-host.ts";

/** What templates are read with, the same for all nodes of a package. */
export interface ParseWorld {
  readonly host: ParseHost;
  readonly library: MacroLibrary;
  readonly environment: ReadonlyMap<string, string>;
  readonly variables: (packageName: string) => DataMap;
  readonly rootPackage: string;
  /** `quoting` of the root project. */
  readonly quoting: DataMap;
  /** dbt's RuntimeConfig. */
  readonly config: Value;
}

/** What the template of a node tells while it is rendered. */
export interface ParseListener {
  readonly ref: (args: RefArgs, at: Position) => void;
  readonly source: (source: string, table: string, at: Position) => void;
  readonly config: (settings: DataMap) => void;
  readonly macro: (definition: MacroDefinition) => void;
}

/** The node that a template belongs to. */
export interface ParsedSubject {
  readonly packageName: string;
  /** Its own relation; while a project is read every ref and source gives it, because nothing else has a place yet. */
  readonly relation: () => Value;
  /** Unique ids of the macros that have names in the template itself; in macros that it calls, all of them have. */
  readonly visibleMacros?: ReadonlySet<string> | undefined;
  /** Where the node is built, as far as it is known. */
  readonly place: () => { readonly database: string; readonly schema: string };
  /** The node as `model` shows it. */
  readonly model: () => Value;
  readonly listener: ParseListener;
}

const SILENT: ParseListener = {
  ref: () => undefined,
  source: () => undefined,
  config: () => undefined,
  macro: () => undefined,
};

/**
 * The variables of a template while a project is read: `execute` is false and nothing sends SQL. Macros stand before values of the
 * context, as in dbt, so that a project's own `ref` wins; `builtins` has the original ones. Without a subject the template belongs to
 * no node: it is text of a properties file, or a macro that the engine calls.
 */
export function parseScope(world: ParseWorld, packageName: string, subject?: ParsedSubject): Scope {
  return new ParseContext(world, packageName, subject).scope;
}

class ParseContext {
  readonly scope: Scope;
  readonly #world: ParseWorld;
  readonly #package: string;
  readonly #subject: ParsedSubject | undefined;
  readonly #namespace: MacroNamespace;
  readonly #values = new Map<string, Stored | undefined>();
  /** By `context.update()`. */
  readonly #written = new Map<string, Value>();
  /** How many macros are at work: those that the template itself calls are what it depends on. */
  #depth = 0;

  constructor(world: ParseWorld, packageName: string, subject: ParsedSubject | undefined) {
    this.#world = world;
    this.#package = packageName;
    this.#subject = subject;
    const visible = subject?.visibleMacros;
    this.#namespace = new MacroNamespace(
      world.library,
      packageName,
      (definition) => this.#bind(definition),
      ({ uniqueId }) => visible === undefined || this.#depth > 0 || visible.has(uniqueId),
    );
    this.scope = new Scope(undefined, {
      get: (name) => foundOr(this.#written.get(name), () => this.#namespace.get(name) ?? this.#value(name)),
      names: () => [...NAMES, ...world.host.shared.names()],
    });
  }

  #value(name: string): Stored | undefined {
    if (!this.#values.has(name)) this.#values.set(name, this.#make(name) ?? this.#world.host.shared.get(name));
    return this.#values.get(name);
  }

  #make(name: string): Stored | undefined {
    switch (name) {
      case "ref":
        return this.#ref();
      case "source":
        return this.#source();
      case "config":
        return this.#config();
      case "builtins":
        return new ObjectValue({
          typeName: "builtins",
          attribute: (each) => (BUILTINS.has(each) ? this.#value(each) : undefined),
        });
      case "this":
        return this.#subject?.relation();
      case "model":
        return this.#subject?.model();
      case "execute":
        return false;
      case "var":
        return this.#var();
      case "env_var":
        return envVarFunction(this.#world.environment);
      case "adapter":
        return this.#world.host.adapter(this.#namespace);
      case "context":
        return this.#context();
      case "graph":
        return new DictValue();
      case "load_result":
        return new CallableValue(name, () => null);
      case "store_result":
      case "store_raw_result":
        return new CallableValue(name, () => "");
      case "database":
      case "schema":
        return this.#subject?.place()[name];
      case "project_name":
        return this.#world.rootPackage;
      default:
        return undefined;
    }
  }

  #bind(definition: MacroDefinition): CallableValue {
    let macro: CallableValue | undefined;
    return new CallableValue(definition.name, (given, site) => {
      if (this.#depth === 0) this.#listener.macro(definition);
      this.#depth += 1;
      try {
        macro ??= bindMacro(definition.statement(), this.scope);
        return macro.call(given, site);
      } finally {
        this.#depth -= 1;
      }
    });
  }

  get #listener(): ParseListener {
    return this.#subject?.listener ?? SILENT;
  }

  #ref(): Value {
    const call = new CallableValue("ref", (given, { at }) => {
      this.#listener.ref(refArguments(given), at);
      return this.#subject?.relation() ?? null;
    });
    return this.#withConfig(call);
  }

  #source(): Value {
    const call = new CallableValue("source", (given, { at }) => {
      if (given.positional.length !== 2)
        throw new EvaluationError("source() expects the names of a source and of its table");
      const [source = "", table = ""] = given.positional.map((each) => toText(plain(each)));
      this.#listener.source(source, table, at);
      return this.#subject?.relation() ?? null;
    });
    return this.#withConfig(call);
  }

  #withConfig(call: CallableValue): Value {
    const attribute = (name: string) => (name === "config" ? this.#world.config : undefined);
    return new ObjectValue({ typeName: "function", call, attribute });
  }

  /** While a project is read, `config.get` gives an empty text: the settings are not known yet. */
  #config(): ObjectValue {
    const say = (settings: DataMap) => {
      this.#listener.config(settings);
      return "";
    };
    const call = new CallableValue("config", (given) => say(configArguments(given)));
    const set = new CallableValue("set", (given) => {
      const found = bind("config.set()", ["name", "value"], given);
      return say({ [settingName(found.text(0))]: toData(found.value(1)) });
    });
    const empty = (name: string) => new CallableValue(name, () => "");
    const no = (name: string) => new CallableValue(name, () => false);
    const members: Readonly<Record<string, Value>> = {
      set,
      get: empty("get"),
      require: empty("require"),
      meta_get: empty("meta_get"),
      meta_require: empty("meta_require"),
      persist_relation_docs: no("persist_relation_docs"),
      persist_column_docs: no("persist_column_docs"),
    };
    const attribute = (name: string) =>
      Object.hasOwn(members, name) ? members[name] : name === "model" ? this.#subject?.model() : undefined;
    return new ObjectValue({ typeName: "config", call, attribute });
  }

  /** A variable that is not set is None while a project is read: the node may never come to that place. */
  #var(): ObjectValue {
    const variables = this.#world.variables(this.#package);
    if (this.#subject === undefined) return varFunction(variables);
    const strict = varFunction(variables, () => this.scope);
    const call = new CallableValue("var", (given, site) => {
      const [name, fallback] = given.positional.map(plain);
      const isKnown = typeof name === "string" && Object.hasOwn(variables, name);
      const isPlain = isKnown || fallback !== undefined || given.named.size > 0 || given.positional.length !== 1;
      return isPlain ? (strict.call?.call(given, site) ?? null) : null;
    });
    return new ObjectValue({ typeName: "var", call, attribute: (name) => strict.attribute(name) });
  }

  #context(): ObjectValue {
    return new ContextValue(
      (name) => this.scope.get(name),
      (name, value) => this.#written.set(name, value),
    );
  }
}

const BUILTINS = new Set(["ref", "source", "config"]);
const NAMES = [
  "ref",
  "source",
  "config",
  "builtins",
  "this",
  "model",
  "execute",
  "var",
  "env_var",
  "adapter",
  "context",
  "graph",
  "load_result",
  "store_result",
  "store_raw_result",
  "database",
  "schema",
  "project_name",
];
