{{ config(unique_key='id', on_schema_change='append_new_columns', incremental_strategy='merge') }}
select * from {{ ref('events') }}
