{{ config(materialized='table') }}
select 2 as age, 1 as id, cast('Ann' as text) as "Full Name", cast(1.5 as numeric(10, 2)) as score
