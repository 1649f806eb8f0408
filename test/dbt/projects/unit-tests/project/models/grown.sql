{{ config(materialized='incremental', unique_key='id') }}
select id, amount, at, {{ dbt.dateadd('day', 1, 'at') }} as next_day from {{ source('raw', 'orders') }}
{% if is_incremental() %} where at > (select max(at) from {{ this }}) {% endif %}
