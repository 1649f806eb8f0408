{% macro dbt_utils_like(relation) %}
  {%- set names = [] -%}
  {%- for column in adapter.get_columns_in_relation(relation) if column.column.startswith('b') or column.is_numeric() -%}
    {%- do names.append(column.column | upper) -%}
  {%- endfor -%}
  {{ return(names | sort | join(',')) }}
{% endmacro %}
