with source as (

    select * from {{ source('shop', 'orders') }}

)

select
    id as order_id,
    customer_id,
    status,
    ordered_at,
    {{ dollars('amount_cents') }} as amount
from source
