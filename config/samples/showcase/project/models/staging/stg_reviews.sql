select
    id as review_id,
    sku,
    customer ->> 'no' as customer_no,
    stars,
    text,
    written as written_at
from {{ source('raw', 'reviews') }}
