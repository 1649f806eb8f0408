{{ config(materialized='incremental', unique_key='id', on_schema_change='append_new_columns') }}
select 1 as id, {{ var('step') }} as step {% if var('step') | int > 1 %}, 'more' as word {% endif %}
