select id, kind from {{ ref('pets') }}
