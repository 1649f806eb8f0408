select
    title_id,
    person_id,
    role,
    character_name
from {{ ref('stg_credits') }}
