select
    customer_no,
    'known' as kind,
    name,
    city,
    born,
    coalesce(newsletter, false) as newsletter
from {{ ref('stg_customers') }}
union all
select '{{ var("walk_in") }}', 'walk-in', null, null, null, false
