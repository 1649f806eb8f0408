{% test positive(model, column_name) %}
{{ config(severity='warn') }}
select {{ column_name }} from {{ model }} where {{ column_name }} <= 0
{% endtest %}
{% macro default__test_not_null(model, column_name) %}
select {{ column_name }} /* own */ from {{ model }} where {{ column_name }} is null
{% endmacro %}
