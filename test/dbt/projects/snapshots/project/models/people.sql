select id, name, city, updated_at{% if var('step') | int > 1 %}, id * 2 as twice{% endif %}
from {{ source('raw', 'people') }}
{% if var('step') | int == 3 %}union all select 3, 'Chloé', 'Lviv', timestamp '2024-03-01', 6{% endif %}
