{{ config(materialized='table', sql_header="set local work_mem = '8MB';") }}
select 1 as id, {{ var('step') }} as n union all select 2, 20
