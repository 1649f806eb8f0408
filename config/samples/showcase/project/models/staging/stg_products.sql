select
    sku,
    name,
    description,
    category ->> 'name' as category,
    price,
    weight_grams,
    tags ? 'organic' as is_organic,
    listed
from {{ source('raw', 'products') }}
