{{ config(tags='nightly') }} select * from {{ ref('early') }}
