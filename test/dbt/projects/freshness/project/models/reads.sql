select id, "Loaded At" is not null as known from {{ source('raw', 'fresh') }}
