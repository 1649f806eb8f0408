{% macro bracketed_list(column) -%}
    string_to_array(translate({{ column }}, '[]'' ', ''), ',')
{%- endmacro %}
