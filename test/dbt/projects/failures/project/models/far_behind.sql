select * from {{ ref('behind_bad_sql') }}, {{ ref('good') }}
