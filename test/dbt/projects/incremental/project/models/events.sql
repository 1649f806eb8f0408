{{ config(materialized='view') }}
select id, kind, city, at, amount{% if var('step') | int > 1 %}, id * 10 as extra, cast(amount as text) as wide{% endif %}
from {{ source('raw', 'events') }}
