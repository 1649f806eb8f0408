{{ config(materialized='table') }}

with casts as (
    select
        film_actors.film_id,
        string_agg(actors.actor_name, ', ' order by actors.actor_name) as actors
    from {{ ref('stg_film_actors') }} as film_actors
    join {{ ref('stg_actors') }} as actors on actors.actor_id = film_actors.actor_id
    group by film_actors.film_id
)

select
    films.film_id,
    films.title,
    films.release_date,
    films.price,
    films.rating,
    films.user_rating,
    {{ rating_category('films.user_rating') }} as rating_category,
    casts.actors
from {{ ref('stg_films') }} as films
left join casts on casts.film_id = films.film_id
