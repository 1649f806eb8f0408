{% macro generate_schema_name(custom_schema_name=none, node=none) -%}
  {%- if target.name == 'prod' and custom_schema_name -%}
    {{ custom_schema_name | trim }}
  {%- elif node is not none and node.fqn[1] == 'x' -%}
    {{ node.path }}
  {%- else -%}
    {{ target.schema }}
  {%- endif -%}
{%- endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name -%} {{ custom_alias_name | trim }}
  {%- elif node.version -%} {{ node.name ~ '__v' ~ (node.version | replace('.', '_')) }}
  {%- elif node.name.startswith('dup__') -%} {{ node.name.split('__') | last }}
  {%- else -%} {{ node.name }}
  {%- endif -%}
{%- endmacro %}
