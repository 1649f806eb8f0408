{{ config(full_refresh=false, unique_key='id') }}
select id, kind, {{ 1 if is_incremental() else 0 }} as later from {{ ref('events') }}
