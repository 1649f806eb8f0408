select
    titles.title_id,
    titles.title,
    titles.type,
    titles.description,
    titles.release_year,
    titles.age_certification,
    ages.minimum_age,
    titles.runtime_minutes,
    titles.production_countries,
    titles.seasons,
    titles.imdb_score,
    titles.imdb_votes,
    titles.tmdb_score,
    coalesce(casts.actors, 0) as actors,
    coalesce(casts.directors, 0) as directors
from {{ ref('stg_titles') }} as titles
left join {{ ref('int_title_casts') }} as casts on casts.title_id = titles.title_id
left join {{ ref('age_certifications') }} as ages on ages.age_certification = titles.age_certification
