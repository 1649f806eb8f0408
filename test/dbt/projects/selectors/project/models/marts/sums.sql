{{ config(tags=['nightly']) }} select count(*) as n from {{ ref('wide') }}
