{{ config(incremental_strategy='delete+insert', unique_key=['id', 'kind'], predicates=["id > 0"]) }}
select id, kind, city, at, amount from {{ ref('events') }}
