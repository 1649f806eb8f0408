select
    order_id,
    line,
    customer_no,
    sku,
    store_code,
    date_day,
    channel,
    quantity,
    amount
from {{ ref('int_order_lines') }}
