{{ config(unique_key='id', indexes=[{'columns': ['id'], 'unique': True}, {'columns': ['kind', 'city']}, {'columns': ['city'], 'type': 'hash'}], unlogged=True) }}
select id, kind, city from {{ ref('events') }}
