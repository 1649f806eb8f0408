{{ config(materialized='table') }}
select 'x' as id, 1 as unexpected
