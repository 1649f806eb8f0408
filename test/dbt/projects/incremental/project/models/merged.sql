{{ config(incremental_strategy='merge', unique_key='id') }}
select id, kind, city, at, amount from {{ ref('events') }}
