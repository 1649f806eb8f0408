{% macro rate() %}{{ var('rate') }}{% endmacro %}
