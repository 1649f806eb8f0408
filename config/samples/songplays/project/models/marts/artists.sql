select distinct on (artist_id)
    artist_id,
    artist_name as name,
    nullif(artist_location, '') as location,
    artist_latitude as latitude,
    artist_longitude as longitude
from {{ source('staging', 'staging_songs') }}
order by artist_id, year desc, song_id
