select
    order_id,
    customer_no,
    store_code,
    channel,
    ordered_at,
    (ordered_at at time zone 'UTC')::date as date_day,
    note
from {{ source('raw', 'orders') }}
