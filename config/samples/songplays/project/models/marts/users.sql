select distinct on ("userId")
    "userId"::integer as user_id,
    "firstName" as first_name,
    "lastName" as last_name,
    gender,
    level
from {{ source('staging', 'staging_events') }}
where "userId" <> ''
order by "userId", ts desc, "itemInSession" desc
