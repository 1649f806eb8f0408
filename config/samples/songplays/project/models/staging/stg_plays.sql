select
    "sessionId" as session_id,
    "itemInSession" as item_in_session,
    {{ epoch_milliseconds('ts') }} as start_time,
    nullif("userId", '')::integer as user_id,
    level,
    song,
    artist,
    length,
    location,
    trim(both '"' from "userAgent") as user_agent
from {{ source('staging', 'staging_events') }}
where page = 'NextSong'
