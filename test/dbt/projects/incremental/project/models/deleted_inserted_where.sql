{{ config(incremental_strategy='delete+insert', unique_key='id', incremental_predicates=["at >= '2024-01-02'"]) }}
select id, kind, city, at, amount from {{ ref('events') }}
