select
    items.order_id,
    items.line,
    coalesce(orders.customer_no, '{{ var("walk_in") }}') as customer_no,
    items.sku,
    orders.store_code,
    orders.date_day,
    orders.channel,
    items.quantity,
    {{ euros('items.quantity', 'items.unit_price', 'items.discount') }} as amount
from {{ ref('stg_order_items') }} as items
join {{ ref('stg_orders') }} as orders on orders.order_id = items.order_id
