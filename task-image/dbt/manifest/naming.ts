import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import { ProblemError } from "../../jinja/problem.ts";
import { locate } from "../../jinja/running/execution.ts";
import { bindMacro } from "../../jinja/running/interpreter.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { type CallableValue, ObjectValue, type Stored, UndefinedValue, type Value } from "../../jinja/values/value.ts";
import type { MacroDefinition } from "../macros/macro.ts";
import { DBT_PACKAGE } from "../macros/macro-library.ts";
import { type Data, own } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";
import type { Draft } from "./draft.ts";
import { type ParseWorld, parseScope } from "./parse-context.ts";

const COMPONENTS = ["database", "schema", "alias"] as const;
type Component = (typeof COMPONENTS)[number];

/** Names nodes by the macros `generate_database_name`, `generate_schema_name` and `generate_alias_name`. */
export class Naming {
  readonly #world: ParseWorld;
  readonly #macros = new Map<string, CallableValue | undefined>();
  /** Names that dbt's own macros gave, by component and custom name. */
  readonly #known = new Map<string, string>();

  constructor(world: ParseWorld) {
    this.#world = world;
  }

  /**
   * Says where a node is built. The macros are the root project's or dbt's; for nodes of a package that brings its own, the package's.
   *
   * @throws {ProblemError} where a macro gives no name.
   */
  name(draft: Draft): void {
    const { fields } = draft;
    for (const component of COMPONENTS) fields[component] = this.#generate(component, draft);
    if (draft.type === "snapshot") {
      const { target_schema: schema, target_database: database } = fields.config;
      if (typeof schema === "string") fields.schema = schema;
      if (typeof database === "string") fields.database = database;
    }
    fields.relation_name = this.#isRelation(draft) ? this.relationName(draft) : null;
  }

  relationName({ fields }: Draft): string {
    const { database, schema, alias } = fields;
    return toText(this.#world.host.relation({ database, schema, identifier: alias, quoting: this.#world.quoting }));
  }

  /** Tests have a table only where they keep what they find. */
  #isRelation({ type, fields: { config } }: Draft): boolean {
    if (type === "test") return this.#world.host.storesFailures || config.store_failures === true;
    return ["model", "seed", "snapshot"].includes(type) && config.materialized !== "ephemeral";
  }

  /** dbt's own macros make databases and schemas of the custom name alone: what they gave once, they give again. */
  #generate(component: Component, draft: Draft): string {
    const { fields } = draft;
    const custom = own(fields.config, component) ?? null;
    if (component === "alias" || !this.#isOfDbt(component, fields.package_name))
      return this.#call(component, custom, draft);
    const key = `${component} ${typeof custom} ${String(custom)}`;
    const found = this.#known.get(key) ?? this.#call(component, custom, draft);
    this.#known.set(key, found);
    return found;
  }

  #call(component: Component, custom: Data, draft: Draft): string {
    const { fields, at } = draft;
    const macro = this.#macro(component, fields.package_name);
    if (macro === undefined) return custom === null ? fields[component] : String(custom);
    const given = { positional: [toValue(custom), new NodeValue(draft)], named: new Map<string, Stored>() };
    const value = locate(at, undefined, () =>
      plain(macro.call(given, { at, frame: undefined, budget: new Budget(DBT_LIMITS) })),
    );
    const name = value === null || value instanceof UndefinedValue ? "" : toText(value).trim();
    if (name === "") throw new ProblemError(`the macro 'generate_${component}_name' gave no name for this node`, at);
    return name;
  }

  #isOfDbt(component: Component, packageName: string): boolean {
    const { library, rootPackage } = this.#world;
    const name = `generate_${component}_name`;
    const entry = this.#definition(name, packageName);
    const dispatched = library.findDispatched(name, DBT_PACKAGE, rootPackage) ?? entry;
    return [entry, dispatched].every((macro) => macro !== undefined && library.isOfDbt(macro));
  }

  #definition(name: string, packageName: string): MacroDefinition | undefined {
    const { library, rootPackage } = this.#world;
    const ofPackage = packageName === rootPackage ? undefined : library.findIn(packageName, name);
    return ofPackage ?? library.findForEngine(name);
  }

  #macro(component: Component, packageName: string): CallableValue | undefined {
    const name = `generate_${component}_name`;
    const key = `${packageName}.${name}`;
    if (!this.#macros.has(key)) {
      const found = this.#definition(name, packageName);
      const scope = parseScope(this.#world, this.#world.rootPackage);
      this.#macros.set(key, found && bindMacro(found.statement(), scope));
    }
    return this.#macros.get(key);
  }
}

/** The node that a naming macro is given: its keys are those of the manifest, as far as they are known. */
class NodeValue extends ObjectValue {
  readonly #draft: Draft;

  constructor(draft: Draft) {
    super({ typeName: "node" });
    this.#draft = draft;
  }

  override attribute(name: string): Value | undefined {
    const { fields, extra, type } = this.#draft;
    if (name === "resource_type") return type;
    const found: unknown = Object.hasOwn(fields, name) ? fields[name as keyof typeof fields] : own(extra, name);
    return found === undefined ? undefined : toValue(found as Parameters<typeof toValue>[0]);
  }

  override item(key: Value): Value | undefined {
    return typeof key === "string" ? this.attribute(key) : undefined;
  }

  override has(key: Value): boolean {
    return this.item(key) !== undefined;
  }
}
