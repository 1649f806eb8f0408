select
    title_id,
    count(*) filter (where role = 'ACTOR') as actors,
    count(*) filter (where role = 'DIRECTOR') as directors
from {{ ref('stg_credits') }}
group by title_id
