{{ config(incremental_strategy='merge', unique_key='id', merge_exclude_columns=['amount', 'at'], incremental_predicates=["DBT_INTERNAL_DEST.at >= '2024-01-02'"]) }}
select id, kind, city, at, amount from {{ ref('events') }}
