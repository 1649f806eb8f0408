import { plain } from "../../jinja/running/parameters.ts";
import { CallableValue, foundOr, ObjectValue, type Stored, type Value } from "../../jinja/values/value.ts";
import { argument } from "../values/host-function.ts";
import { policyFromDict } from "./quoting.ts";
import { ALL_PARTS, classMethod, RELATION_TYPES, RelationValue } from "./relation.ts";
import type { RelationDialect } from "./relation-dialect.ts";
import type { PathPolicy, RelationPath, RelationType, StoredRelation } from "./relation-path.ts";

/** Makes relations of a warehouse, with the root project's quoting. It is `api.Relation` in templates. */
export class RelationClass extends ObjectValue {
  readonly dialect: RelationDialect;
  readonly quoting: PathPolicy;

  constructor(dialect: RelationDialect, quoting: PathPolicy) {
    super({ typeName: "type" });
    this.dialect = dialect;
    this.quoting = quoting;
  }

  make(
    path: Partial<RelationPath>,
    more: { readonly type?: RelationType | null; readonly quote?: PathPolicy } = {},
  ): RelationValue {
    const { type = null, quote = this.quoting } = more;
    const full = { database: path.database ?? null, schema: path.schema ?? null, identifier: path.identifier ?? null };
    return new RelationValue({ path: full, type, include: ALL_PARTS, quote, isOwn: false }, this.dialect);
  }

  /** A relation of the cache. */
  restore({ database, schema, identifier, type, quote, isOwn }: StoredRelation): RelationValue {
    return new RelationValue(
      { path: { database, schema, identifier }, type, include: ALL_PARTS, quote, isOwn },
      this.dialect,
    );
  }

  override attribute(name: string): Stored | undefined {
    if (name === "create")
      return new CallableValue(name, (given) => this.#create((index, key) => argument(given, index, key)));
    return foundOr(classMethod(name), () => RELATION_TYPES[name]);
  }

  #create(at: (index: number, key: string) => Value | undefined): RelationValue {
    const text = (index: number, key: string) => {
      const value = at(index, key);
      return value === undefined || value === null ? null : String(plain(value));
    };
    const none = Number.POSITIVE_INFINITY;
    const path = { database: text(0, "database"), schema: text(1, "schema"), identifier: text(2, "identifier") };
    const made = this.make(path, {
      type: text(3, "type"),
      quote: policyFromDict(this.quoting, at(none, "quote_policy")),
    });
    return made.with({ include: policyFromDict(ALL_PARTS, at(none, "include_policy")) });
  }
}
