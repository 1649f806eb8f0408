select kind, count(*) as n, max(at) as latest from {{ ref('events') }} group by 1
