import { plain } from "../../jinja/running/parameters.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, foundOr, ObjectValue, type Stored, type Value } from "../../jinja/values/value.ts";
import { fail, hostFunction } from "../values/host-function.ts";
import { changedPolicy, pathFromDict, policyFromDict } from "./quoting.ts";
import type { RelationDialect } from "./relation-dialect.ts";
import {
  PATH_PARTS,
  type PathPolicy,
  type RelationPath,
  type RelationType,
  type StoredRelation,
} from "./relation-path.ts";

export interface RelationData {
  readonly path: RelationPath;
  readonly type: RelationType | null;
  readonly include: PathPolicy;
  readonly quote: PathPolicy;
  /** The view of an information schema: printed behind the path. */
  readonly view?: string | undefined;
  /** Rows that printing it limits it to: `--empty` has 0. */
  readonly limit?: number | undefined;
  /** The condition for its rows where it is printed: those of a batch. */
  readonly where?: string | undefined;
  readonly isOwn: boolean;
}

/** dbt's names of the types of relations. */
export const RELATION_TYPES: Readonly<Record<string, RelationType>> = {
  Table: "table",
  View: "view",
  CTE: "cte",
  External: "external",
  MaterializedView: "materialized_view",
  Function: "function",
  PointerTable: "pointer_table",
};

export const ALL_PARTS: PathPolicy = { database: true, schema: true, identifier: true };
export const EPHEMERAL_PREFIX = "__dbt__cte__";

/** dbt's Relation: a path, and which parts of it are printed and quoted. It never changes; its methods make others. */
export class RelationValue extends ObjectValue {
  readonly data: RelationData;
  readonly #dialect: RelationDialect;

  constructor(data: RelationData, dialect: RelationDialect) {
    super({ typeName: dialect.relationName });
    this.data = data;
    this.#dialect = dialect;
    const { identifier } = data.path;
    if (identifier !== null && data.type !== null && identifier.length > dialect.identifierMax) {
      fail(`Relation name '${identifier}' is longer than ${dialect.identifierMax} characters`);
    }
  }

  get stored(): StoredRelation {
    const { path, type, quote, isOwn } = this.data;
    return { ...path, type, quote, isOwn };
  }

  with(change: Partial<RelationData>): RelationValue {
    return new RelationValue({ ...this.data, ...change }, this.#dialect);
  }

  /** The path as SQL writes it. */
  render(): string {
    const { path, include, quote, view } = this.data;
    const parts = PATH_PARTS.map((part) => {
      const value = include[part] ? path[part] : null;
      return value !== null && quote[part] ? this.#dialect.quote(value) : value;
    });
    return [...parts, view ?? null].filter((part) => part !== null).join(".");
  }

  withoutIdentifier(): RelationValue {
    const { include, path } = this.data;
    return this.with({ include: { ...include, identifier: false }, path: { ...path, identifier: null } });
  }

  /** Whether its path has the given parts. One that differs in case alone is an error, because it cannot be told which is meant. */
  matches(search: Partial<RelationPath>): boolean {
    const { path, quote, isOwn } = this.data;
    const wanted = PATH_PARTS.flatMap((part) => {
      const value = search[part];
      return value === undefined || value === null ? [] : [{ part, value }];
    });
    if (wanted.length === 0) fail("Tried to match relation, but no search path was passed!");
    const isExact = wanted.every(({ part, value }) =>
      isOwn && !quote[part] ? path[part]?.toLowerCase() === value.toLowerCase() : path[part] === value,
    );
    const bare = (text: string | null) =>
      String(text)
        .toLowerCase()
        .replace(/^"+|"+$/g, "");
    if (!isExact && wanted.every(({ part, value }) => bare(path[part]) === bare(value))) {
      fail(
        `When searching for a relation, dbt found an approximate match. Instead of guessing which relation to use, dbt will move on. Please delete ${this.render()}, or rename it to be less ambiguous. Searched for: ${wanted.map(({ value }) => value).join(".")}`,
      );
    }
    return isExact;
  }

  override get text(): string {
    const { limit, where, type, path } = this.data;
    const rendered = this.render();
    if (type === "function") return rendered;
    const rows = limit === 0 ? "where false limit 0" : `limit ${limit}`;
    const limited =
      limit === undefined ? rendered : `(select * from ${rendered} ${rows}) _dbt_limit_subq_${path.identifier}`;
    return where === undefined
      ? limited
      : `(select * from ${limited} where ${where}) _dbt_et_filter_subq_${path.identifier}`;
  }

  override get source(): string {
    return `<${this.typeName} ${this.render()}>`;
  }

  override identity(): string {
    const { path, type, include, quote, view, limit } = this.data;
    return `relation ${JSON.stringify([path, type, include, quote, view, limit])}`;
  }

  override has(key: Value): boolean {
    return typeof key === "string" && this.attribute(key) !== undefined;
  }

  override attribute(name: string): Stored | undefined {
    return foundOr(this.#property(name), () =>
      foundOr(this.#method(name), () => this.#dialect.relationMember(this, name)),
    );
  }

  #property(name: string): Value | undefined {
    const { path, type, quote, include, limit } = this.data;
    switch (name) {
      case "database":
      case "schema":
      case "identifier":
        return path[name];
      case "table":
      case "name":
        return path.identifier;
      case "type":
        return type;
      case "path":
        return dictOf(path);
      case "quote_policy":
        return dictOf(quote);
      case "include_policy":
        return dictOf(include);
      case "quote_character":
        return '"';
      case "limit":
        return limit === undefined ? null : BigInt(limit);
      case "is_pointer":
        return type === "pointer_table";
      case "can_be_renamed":
        return type !== null && this.#dialect.renameable.has(type);
      case "can_be_replaced":
        return type !== null && this.#dialect.replaceable.has(type);
      default:
        return typeMember(name, type);
    }
  }

  #method(name: string): CallableValue | undefined {
    switch (name) {
      case "render":
        return hostFunction(name, [], () => this.render());
      case "without_identifier":
        return hostFunction(name, [], () => this.withoutIdentifier());
      case "include":
        return new CallableValue(name, (given) => this.with({ include: changedPolicy(this.data.include, given) }));
      case "quote":
        return new CallableValue(name, (given) => this.with({ quote: changedPolicy(this.data.quote, given) }));
      case "quoted":
        return hostFunction(name, ["identifier"], (found) => this.#dialect.quote(toText(found.value(0))));
      case "incorporate":
        return new CallableValue(name, ({ named }) =>
          this.#incorporate(new Map([...named].map(([key, value]) => [key, plain(value)]))),
        );
      case "replace_path":
        return new CallableValue(name, ({ named }) => {
          const parts = DictValue.of([...named].map(([key, value]) => [key, plain(value)] as const));
          return this.with({ path: pathFromDict(this.data.path, parts) });
        });
      case "information_schema":
        return hostFunction(name, ["view_name?"], (found) =>
          this.informationSchema(found.has(0) ? found.value(0) : null),
        );
      case "information_schema_only":
        return hostFunction(name, [], () => this.informationSchema(null));
      case "matches":
        return hostFunction(name, ["database?", "schema?", "identifier?"], (found) => {
          const texts = PATH_PARTS.map((part, index) => [part, found.value(index)] as const);
          return this.matches(Object.fromEntries(texts.filter(([, value]) => typeof value === "string")));
        });
      case "get":
        return hostFunction(name, ["key", "default?"], (found) => {
          if (found.text(0) === "metadata") return DictValue.of([["type", this.typeName]]);
          return foundOr(this.attribute(found.text(0)), () => found.value(1));
        });
      case "relation_max_name_length":
        return hostFunction(name, [], () => BigInt(this.#dialect.identifierMax));
      case "get_function_config":
        return hostFunction(name, ["model"], () => null);
      default:
        return classMethod(name);
    }
  }

  #incorporate(named: ReadonlyMap<string, Value>): RelationValue {
    const { path, quote, include, type } = this.data;
    const given = named.get("type");
    return this.with({
      path: pathFromDict(path, named.get("path")),
      type: given === undefined ? type : typeof given === "string" ? given : null,
      quote: policyFromDict(quote, named.get("quote_policy")),
      include: policyFromDict(include, named.get("include_policy")),
    });
  }

  /** `"database".INFORMATION_SCHEMA.view`: the database is printed wherever it is known, and the schema never. */
  informationSchema(view: Value): RelationValue {
    const { path, quote, include } = this.data;
    return this.with({
      path: { database: path.database, schema: null, identifier: "INFORMATION_SCHEMA" },
      include: { ...include, database: path.database !== null, schema: false, identifier: true },
      quote: { ...quote, identifier: false },
      type: "view",
      view: typeof view === "string" ? view : undefined,
      limit: undefined,
      where: undefined,
    });
  }
}

function dictOf(data: RelationPath | PathPolicy): DictValue {
  return DictValue.of(PATH_PARTS.map((part) => [part, data[part]] as const));
}

/** `is_view`, and `View` of the class. */
function typeMember(name: string, type: RelationType | null): Value | undefined {
  const constant = Object.hasOwn(RELATION_TYPES, name) ? RELATION_TYPES[name] : undefined;
  if (constant !== undefined) return constant;
  const asked = /^is_(table|view|cte|materialized_view|function|external)$/.exec(name)?.[1];
  return asked === undefined ? undefined : type === asked;
}

/** What relations and their class share. */
export function classMethod(name: string): CallableValue | undefined {
  switch (name) {
    case "add_ephemeral_prefix":
      return hostFunction(name, ["name"], (found) => EPHEMERAL_PREFIX + found.text(0));
    case "scd_args":
      return hostFunction(name, ["primary_key", "updated_at"], (found) => {
        const key = found.value(0);
        return [...(Array.isArray(key) ? key : [key]), found.value(1)];
      });
    case "get_relation_type":
      return hostFunction(name, ["value"], (found) => found.value(0));
    default:
      return undefined;
  }
}
