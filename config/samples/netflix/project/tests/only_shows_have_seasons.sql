select title_id, type, seasons
from {{ ref('dim_titles') }}
where (type = 'SHOW') <> (seasons is not null)
