select
    id as post_id,
    "userId" as user_id,
    title,
    body
from {{ source('raw', 'posts') }}
