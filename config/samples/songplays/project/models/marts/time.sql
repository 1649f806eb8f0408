select distinct
    start_time,
    extract(hour from start_time)::integer as hour,
    extract(day from start_time)::integer as day,
    extract(week from start_time)::integer as week,
    extract(month from start_time)::integer as month,
    extract(year from start_time)::integer as year,
    extract(isodow from start_time)::integer as weekday
from {{ ref('stg_plays') }}
