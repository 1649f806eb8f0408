{{ config(materialized='materialized_view', indexes=[{'columns': ['n']}, {'columns': ['id'], 'unique': True}]) }}
select id, n from {{ ref('base') }}
