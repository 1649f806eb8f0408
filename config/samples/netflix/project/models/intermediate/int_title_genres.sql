select
    titles.title_id,
    genre
from {{ ref('stg_titles') }} as titles
cross join unnest(titles.genres) as genre
