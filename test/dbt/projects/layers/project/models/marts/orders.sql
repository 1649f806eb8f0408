-- a comment before everything
with orders as (select * from {{ ref('stg_orders') }})
select orders.*, p.card_amount, p.coupon_amount, p.transfer_amount
from orders left join {{ ref('order_payments') }} p using (order_id)
