{% set film_title = 'Lanterns over Tromsø' %}

select
    film_id,
    title,
    release_date,
    price,
    rating,
    user_rating,
    rating_category,
    actors
from {{ ref('film_ratings') }}
where title = '{{ film_title }}'
