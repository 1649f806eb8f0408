{{ config(unique_key='id', on_schema_change='ignore') }}
select * from {{ ref('events') }}
