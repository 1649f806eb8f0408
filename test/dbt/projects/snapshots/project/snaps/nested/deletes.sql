{% snapshot deletes_as_rows %}
  {{ config(strategy='check', check_cols=['city'], hard_deletes='new_record') }}
  select id, name, city from {{ ref('people') }}
{% endsnapshot %}
{% snapshot deletes_end %}
  {{ config(strategy='timestamp', updated_at='updated_at', hard_deletes='invalidate', unique_key="id || '-' || name") }}
  select id, name, city, updated_at from {{ ref('people') }}
{% endsnapshot %}
{% snapshot deletes_ignored %}
  {{ config(strategy='timestamp', updated_at='updated_at', hard_deletes='ignore') }}
  select * from {{ ref('people') }}
{% endsnapshot %}
