{{ config(materialized='table') }}
select count(*) as n from {{ ref('view_to_table') }}
