{{ config(materialized='materialized_view', on_configuration_change='continue') }}
select id from {{ ref('base') }}
