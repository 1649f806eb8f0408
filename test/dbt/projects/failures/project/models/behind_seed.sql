select * from {{ ref('bad_seed') }}
