{{ config(materialized='table', alias='LooseOne') }}
select 1 as id
