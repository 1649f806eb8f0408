{{ config(access='public', alias='dim_customers') }}
select
    c.customer_id, c.full_name, c.joined_on,
    min(o.ordered_at) as first_order, count(o.order_id) as orders, coalesce(sum(o.amount), 0) as lifetime
from {{ ref('stg_customers') }} c
left join {{ ref('orders') }} o using (customer_id)
group by 1, 2, 3
