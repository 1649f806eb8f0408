select
    genres.genre,
    count(*) as titles,
    round(avg(titles.imdb_score), 2) as average_score,
    (array_agg(titles.title order by titles.imdb_score desc, titles.imdb_votes desc, titles.title_id))[1] as best_title
from {{ ref('int_title_genres') }} as genres
join {{ ref('dim_titles') }} as titles on titles.title_id = genres.title_id
where titles.imdb_votes >= {{ var('min_votes') }}
group by genres.genre
