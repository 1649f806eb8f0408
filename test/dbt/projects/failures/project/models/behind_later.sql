{{ config(materialized='view') }}
select * from {{ ref('later_bad') }}
