select
    day::date as date_day,
    extract(isoyear from day)::integer as iso_year,
    extract(week from day)::integer as iso_week,
    extract(month from day)::integer as month,
    extract(isodow from day)::integer as weekday
from (select min(date_day) as first_day, max(date_day) as last_day from {{ ref('stg_orders') }}) as bounds
cross join generate_series(first_day::timestamp, last_day::timestamp, interval '1 day') as day
