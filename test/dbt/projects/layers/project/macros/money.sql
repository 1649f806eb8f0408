{% macro dollars(column, digits=2) -%}
  round({{ column }} / {{ var('cents') }}.0, {{ digits }})
{%- endmacro %}
