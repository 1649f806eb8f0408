{{ config(materialized='ephemeral') }}
select
    order_id,
    {% for method in ['card', 'coupon', 'transfer'] -%}
    sum(case when method = '{{ method }}' then amount else 0 end) as {{ method }}_amount{{ ',' if not loop.last }}
    {% endfor -%}
from {{ ref('stg_payments') }}
group by 1
