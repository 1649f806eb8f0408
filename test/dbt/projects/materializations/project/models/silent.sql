{{ config(materialized='nothing') }}
select 1
