select id as payment_id, "orderId" as order_id, method, {{ dollars('amount_cents', digits=1) }} as amount
from {{ source('shop', 'payments') }}
