{{ config(materialized='table') }}

select
    user_id,
    count(*) as posts,
    sum(length(body)) as characters,
    (array_agg(title order by length(title) desc, post_id))[1] as longest_title
from {{ ref('stg_posts') }}
group by user_id
