{% macro epoch_milliseconds(column) -%}
    timestamp '1970-01-01' + {{ column }} * interval '1 millisecond'
{%- endmacro %}
