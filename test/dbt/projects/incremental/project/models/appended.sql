{{ config(incremental_strategy='append') }}
select id, kind, city, at from {{ ref('events') }}
{% if is_incremental() %}
where at > (select max(at) from {{ this }})
{% endif %}
