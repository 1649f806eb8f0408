select
    id as title_id,
    person_id,
    name,
    "character" as character_name,
    role
from {{ source('raw', 'credits') }}
