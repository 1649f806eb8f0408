{{ config(materialized='incremental', unique_key='id') }}
select 1 as id, 10 / {{ 2 - (var('step') | int) }} as q
