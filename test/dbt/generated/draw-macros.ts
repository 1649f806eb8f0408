import type { Plan } from "./plan.ts";

/** Macros of the project, some of them in place of dbt's own. */
export function drawMacros({ draw, files }: Plan): void {
  files.set("macros/pick.sql", PICK);
  files.set("tests/generic/rows.sql", TESTS);
  const optional: Readonly<Record<string, readonly string[]>> = {
    "macros/schema_name.sql": SCHEMA_NAMES,
    "macros/alias_name.sql": ALIAS_NAMES,
    "macros/over.sql": OVERRIDES,
  };
  for (const [path, texts] of Object.entries(optional)) if (draw.chance(0.4)) files.set(path, draw.one(texts));
}

const PICK = `
{% macro pick(relation, columns, where=none) -%}
select {% for c in columns %}{{ c }}{{ ", " if not loop.last }}{% endfor %} from {{ relation }}
{%- if where %} where {{ where }}{% endif %}
{%- endmacro %}

{% macro doubled(column) %}{{ return(adapter.dispatch('doubled', 'lab')(column)) }}{% endmacro %}
{% macro default__doubled(column) %}({{ column }} * 2){% endmacro %}
{% macro postgres__doubled(column) %}({{ column }} + {{ column }}){% endmacro %}

{% macro said(what) %}insert into log.said values ('{{ what }} {{ this.identifier }} {{ target.name }} {{ var("step", 1) }}'){% endmacro %}
`;

const TESTS = `
{% test at_least(model, column_name, least=0) %}
select {{ column_name }} from {{ model }} where length({{ column_name }}::text) < {{ least }}
{% endtest %}

{% test rows_between(model, least, most) %}
{{ config(severity='warn') }}
select n from (select count(*) as n from {{ model }}) as counted where n not between {{ least }} and {{ most }}
{% endtest %}
`;

const SCHEMA_NAMES = [
  `{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}`,
  `{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if node.resource_type == 'seed' -%} sown
  {%- elif node.fqn | length > 3 -%} {{ target.schema }}_{{ node.fqn[1] }}
  {%- else -%} {{ generate_schema_name_for_env(custom_schema_name, node) }}
  {%- endif -%}
{%- endmacro %}`,
  `{% macro default__generate_schema_name(custom_schema_name, node) -%}
  {{ [target.schema, custom_schema_name or node.config.materialized] | join('_') }}
{%- endmacro %}`,
];

const ALIAS_NAMES = [
  `{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {{ (custom_alias_name or node.name) ~ ('_t' if node.config.materialized == 'table' else '') }}
{%- endmacro %}`,
];

const OVERRIDES = [
  `{% macro postgres__create_table_as(temporary, relation, sql) -%}
  create {% if temporary %}temporary{% endif %} table {{ relation.include(database=(not temporary), schema=(not temporary)) }} as
  -- ours
  ({{ sql }});
{%- endmacro %}`,
  `{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  -- merged for {{ model.name }}
  {{ dbt.default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) }}
{%- endmacro %}`,
];
