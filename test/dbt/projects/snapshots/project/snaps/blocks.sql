{% snapshot by_time %}
  {{ config(strategy='timestamp', updated_at='updated_at') }}
  select id, name, city, updated_at from {{ ref('people') }}
{% endsnapshot %}

{% snapshot by_columns %}
  {{ config(strategy='check', check_cols=['city', 'name'], target_schema='lab_snaps') }}
  select id, name, city from {{ ref('people') }}
{% endsnapshot %}

{% snapshot by_all %}
  {{ config(strategy='check', check_cols='all', unique_key=['id', 'name']) }}
  select * from {{ ref('people') }}
{% endsnapshot %}

{% snapshot invalidated %}
  {{ config(strategy='check', check_cols=['city'], invalidate_hard_deletes=true) }}
  select id, name, city from {{ ref('some') }}
{% endsnapshot %}
