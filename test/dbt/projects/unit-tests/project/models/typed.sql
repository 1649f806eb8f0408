select id, flags, doc from {{ source('raw', 'docs') }}
