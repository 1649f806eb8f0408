{{ config(incremental_strategy='merge', unique_key=['id', 'kind'], merge_update_columns=['city']) }}
select id, kind, city, at, amount from {{ ref('events') }}
