select
    code as store_code,
    name,
    city,
    country,
    opened,
    square_metres,
    slogan
from {{ source('raw', 'stores') }}
