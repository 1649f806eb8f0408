{{ config(materialized='table') }}
select k.label, sum(c.amount) * {{ rate() }} as total, max(c.at) as latest, '{{ env_var("LAB_WORD", "none") }}' as word
from {{ ref('cleaned') }} c join {{ ref('kinds') }} k using (kind) group by 1
