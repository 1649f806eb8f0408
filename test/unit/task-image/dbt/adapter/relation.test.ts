import { describe, expect, test } from "vitest";
import { ColumnClass } from "../../../../../task-image/dbt/adapter/column.ts";
import { POSTGRES_COLUMNS } from "../../../../../task-image/dbt/adapter/column-dialect.ts";
import { POSTGRES_WAREHOUSE } from "../../../../../task-image/dbt/adapter/postgres.ts";
import { RelationClass } from "../../../../../task-image/dbt/adapter/relation-class.ts";
import { dbtErrorOf, renderDbt } from "../../../jinja/dbt-render.ts";

const Relation = new RelationClass(POSTGRES_WAREHOUSE, { database: true, schema: true, identifier: true });
const VALUES = {
  Relation,
  Column: new ColumnClass(POSTGRES_COLUMNS),
  r: Relation.make({ database: "d", schema: "s", identifier: "t" }),
};

/** An expression of relations, and what dbt prints for it. */
const RELATIONS: readonly (readonly [string, string])[] = [
  ["r", '"d"."s"."t"'],
  ["[r]", '[<PostgresRelation "d"."s"."t">]'],
  ["r.database ~ r.schema ~ r.identifier ~ r.table ~ r.name", "dsttt"],
  ["r.include(database=false)", '"s"."t"'],
  ["r.include(false, false)", '"t"'],
  ["r.quote(identifier=false)", '"d"."s".t'],
  ["r.without_identifier()", '"d"."s"'],
  ["r.incorporate(path={'identifier': 'x'}, type='view').is_view", "True"],
  ["r.incorporate(path={'identifier': 'x'})", '"d"."s"."x"'],
  ["r.replace_path(schema='y')", '"d"."y"."t"'],
  ["r.information_schema('tables')", '"d".INFORMATION_SCHEMA.tables'],
  ["r.include(database=false).information_schema()", '"d".INFORMATION_SCHEMA'],
  ["r.type is none and not r.is_table", "True"],
  ["Relation.create(database='d', schema='s', identifier='t', type='table').can_be_renamed", "True"],
  ["Relation.create(identifier='t', type=Relation.MaterializedView).can_be_renamed", "False"],
  ["Relation.create('d', 's', 't') == r", "True"],
  ["r == r.incorporate(type='view')", "False"],
  ["r in [r]", "True"],
  ["{r: 1}[Relation.create('d', 's', 't')]", "1"],
  ["(r | string).split('.') | length", "3"],
  ["r is mapping and r.get('metadata')['type'] == 'PostgresRelation'", "True"],
  ["r.get('schema') ~ r.get('nope', 'x')", "sx"],
  ["r.matches('d', 's', 't') ~ r.matches('d', 's', 'u')", "TrueFalse"],
  ["r.relation_max_name_length()", "63"],
  ["Relation.add_ephemeral_prefix('a') ~ Relation.View", "__dbt__cte__aview"],
  ["Relation.scd_args(['a', 'b'], 'c') ~ Relation.scd_args('a', 'c')", "['a', 'b', 'c']['a', 'c']"],
  ["r.path.schema ~ r.quote_policy.identifier", "sTrue"],
];

const COLUMNS: readonly (readonly [string, string])[] = [
  ["Column('a', 'text').data_type", "text"],
  ["Column('a', 'character varying', 5).data_type", "character varying(5)"],
  ["Column('a', 'character varying').data_type", "character varying"],
  ["Column('a', 'numeric', none, 10, 2).data_type", "numeric(10,2)"],
  ["Column('a', 'numeric').data_type", "numeric"],
  ["Column('a', 'int4').is_integer() ~ Column('a', 'int4').is_number()", "TrueTrue"],
  ["Column('A b', 'text').quoted", '"A b"'],
  ["Column('a', 'varchar', 5).can_expand_to(Column('a', 'varchar', 9))", "True"],
  ["Column.create('a', 'STRING').data_type", "TEXT"],
  ["Column.from_description('a', 'numeric(4,1)').numeric_scale", "1"],
  ["Column.translate_type('string') ~ Column.numeric_type('numeric', 3, 1)", "TEXTnumeric(3,1)"],
  ["Column('a', 'text') == Column('a', 'text')", "True"],
  ["Column('a', 'text')", "<Column a (text)>"],
];

describe.each([
  ["relations", RELATIONS],
  ["columns", COLUMNS],
])("%s", (_, cases) => {
  test.each(cases)("%s prints %s", (expression, expected) => {
    expect(renderDbt(`{{ ${expression} }}`, VALUES)).toBe(expected);
  });
});

test("a name that is longer than Postgres allows is refused once it has a type", () => {
  const long = "x".repeat(64);
  expect(renderDbt(`{{ Relation.create(identifier='${long}') }}`, VALUES)).toBe(`"${long}"`);
  expect(dbtErrorOf(() => renderDbt(`{{ Relation.create(identifier='${long}', type='table') }}`, VALUES))).toContain(
    `Relation name '${long}' is longer than 63 characters`,
  );
});

test("a relation that differs in case alone is refused, because it cannot be told which is meant", () => {
  expect(dbtErrorOf(() => renderDbt("{{ r.matches('d', 's', 'T') }}", VALUES))).toContain("found an approximate match");
});
