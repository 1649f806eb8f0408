{% snapshot title_scores %}
{{ config(unique_key='title_id', strategy='check', check_cols=['imdb_score', 'imdb_votes']) }}
select title_id, imdb_score, imdb_votes
from {{ ref('stg_titles') }}
{% endsnapshot %}
