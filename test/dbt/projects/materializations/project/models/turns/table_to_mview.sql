select id, {{ var('step') }} as step from {{ ref('base') }}
