select
    products.sku,
    products.name,
    products.category,
    products.price,
    products.is_organic,
    coalesce(ratings.reviews, 0) as reviews,
    ratings.stars
from {{ ref('stg_products') }} as products
left join {{ ref('int_product_ratings') }} as ratings on ratings.sku = products.sku
