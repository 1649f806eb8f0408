select
    person_id,
    min(name) as name,
    count(distinct title_id) as titles
from {{ ref('stg_credits') }}
group by person_id
