select title_id, person_id, role
from {{ ref('fct_credits') }}
group by title_id, person_id, role
having count(*) > 1
