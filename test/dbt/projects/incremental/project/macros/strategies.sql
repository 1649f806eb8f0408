{% macro get_incremental_positive_sql(arg_dict) %}
insert into {{ arg_dict["target_relation"] }} ({{ arg_dict["dest_columns"] | map(attribute='quoted') | join(', ') }})
select {{ arg_dict["dest_columns"] | map(attribute='quoted') | join(', ') }} from {{ arg_dict["temp_relation"] }} where amount > 0
{% endmacro %}
