select
    id as title_id,
    title,
    type,
    description,
    release_year,
    age_certification,
    runtime as runtime_minutes,
    {{ bracketed_list('genres') }} as genres,
    {{ bracketed_list('production_countries') }} as production_countries,
    seasons::integer as seasons,
    imdb_id,
    imdb_score,
    imdb_votes::integer as imdb_votes,
    tmdb_popularity,
    tmdb_score
from {{ source('raw', 'titles') }}
