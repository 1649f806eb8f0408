{{ config(on_schema_change='fail') }}
select * from {{ ref('events') }}
