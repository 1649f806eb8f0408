select distinct
    song_id,
    title,
    artist_id,
    nullif(year, 0) as year,
    duration
from {{ source('staging', 'staging_songs') }}
