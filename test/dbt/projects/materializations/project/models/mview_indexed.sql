{{ config(materialized='materialized_view', indexes=[{'columns': ['id']}]) }}
select id, n from {{ ref('base') }}
