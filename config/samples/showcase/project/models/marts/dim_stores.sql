select
    store_code,
    name,
    coalesce(city, 'everywhere') as city,
    country,
    opened
from {{ ref('stg_stores') }}
