{% snapshot kept %}
{{ config(unique_key='id', strategy='check', check_cols='all') }}
select id, name from {{ ref('beside') }}
{% endsnapshot %}
