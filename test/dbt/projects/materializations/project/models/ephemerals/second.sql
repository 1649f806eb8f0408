{{ config(materialized='ephemeral', alias='second_alias') }}
with first as (select * from {{ ref('first') }}) select id + 1 as id from first
