import type { Stored } from "../../jinja/values/value.ts";
import type { RelationValue } from "./relation.ts";
import type { RelationType } from "./relation-path.ts";

/** What the relations of a warehouse have of their own. */
export interface RelationDialect {
  /** The name of its class in dbt's adapter: macros compare it. */
  readonly relationName: string;
  /** Characters of a relation's name. */
  readonly identifierMax: number;
  /** Types that can be renamed, so that a new relation takes the place of an old one. */
  readonly renameable: ReadonlySet<RelationType>;
  /** Types that `create or replace` works on. */
  readonly replaceable: ReadonlySet<RelationType>;
  quote(identifier: string): string;
  /** A member that relations of other warehouses do not have. */
  relationMember(relation: RelationValue, name: string): Stored | undefined;
}
