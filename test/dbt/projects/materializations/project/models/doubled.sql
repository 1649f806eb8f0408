{{ config(materialized='twice', post_hook="comment on table {{ this }} is 'doubled'") }}
select id from {{ ref('base') }}
