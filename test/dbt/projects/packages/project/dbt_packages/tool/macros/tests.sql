{% test few_rows(model, most) %}select count(*) as n from {{ model }} having count(*) > {{ most }}{% endtest %}
{% test short(model, column_name, length=50) %}select {{ column_name }} from {{ model }} where length({{ column_name }}) > {{ length }}{% endtest %}
