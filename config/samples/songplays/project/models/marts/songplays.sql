{{ config(materialized='incremental', incremental_strategy='append') }}

with catalogue as (
    select
        title,
        artist_name,
        duration,
        min(song_id) as song_id,
        min(artist_id) as artist_id
    from {{ source('staging', 'staging_songs') }}
    group by title, artist_name, duration
)

select
    plays.session_id || '-' || plays.item_in_session as songplay_id,
    plays.start_time,
    plays.user_id,
    plays.level,
    catalogue.song_id,
    catalogue.artist_id,
    plays.session_id,
    plays.location,
    plays.user_agent
from {{ ref('stg_plays') }} as plays
left join catalogue
    on catalogue.title = plays.song
    and catalogue.artist_name = plays.artist
    and catalogue.duration = plays.length
{% if is_incremental() %}
where not exists (
    select from {{ this }} as stored
    where stored.songplay_id = plays.session_id || '-' || plays.item_in_session
)
{% endif %}
