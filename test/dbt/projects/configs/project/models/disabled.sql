{{ config(enabled=false) }}
select * from {{ ref('nothing_of_that_name') }}
