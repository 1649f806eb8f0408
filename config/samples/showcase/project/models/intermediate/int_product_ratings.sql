select
    sku,
    count(*) as reviews,
    round(avg(stars), 2) as stars
from {{ ref('stg_reviews') }}
group by sku
