{% snapshot bad_snapshot %}
{{ config(unique_key='no_such_key', strategy='check', check_cols=['nope']) }}
select 1 as id
{% endsnapshot %}
