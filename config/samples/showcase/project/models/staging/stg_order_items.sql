select
    order_id,
    line,
    sku,
    quantity,
    unit_price,
    discount
from {{ source('raw', 'order_items') }}
