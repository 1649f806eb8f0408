{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name is none -%}{{ target.schema }}{%- else -%}{{ custom_schema_name }}_{{ node.resource_type }}{%- endif -%}
{%- endmacro %}
