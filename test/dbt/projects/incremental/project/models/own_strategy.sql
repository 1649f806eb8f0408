{{ config(incremental_strategy='positive') }}
select id, amount from {{ ref('events') }}
