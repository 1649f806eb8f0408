{{ config(materialized='table', alias='a_name_that_is_as_long_as_what_postgres_takes') }}
select 1 as id
