{% snapshot snap %}
{{ config(unique_key='id', strategy='check', check_cols='all', post_hook="grant select on {{ this }} to reader") }}
select id from {{ ref('few') }}
{% endsnapshot %}
