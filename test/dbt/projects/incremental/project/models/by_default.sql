{{ config(unique_key='id') }}
select id, kind, city, at, amount from {{ ref('events') }}
{% if is_incremental() %} where at >= (select max(at) from {{ this }}) {% endif %}
