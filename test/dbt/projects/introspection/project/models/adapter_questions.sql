{% set pets = source('raw', 'pets') %}
{% set columns = adapter.get_columns_in_relation(pets) %}
{% set found = adapter.get_relation(pets.database, pets.schema, pets.identifier) %}
{% set missing = adapter.get_relation(pets.database, pets.schema, 'nothing_here') %}
-- depends_on: {{ ref('pivoted') }}
{% set other = load_relation(ref('pivoted')) %}
select
  $v${% for c in columns %}{{ c.name }}:{{ c.data_type }}:{{ c.dtype }}:{{ c.quoted }}:{{ c.is_string() }}:{{ c.is_number() }}:{{ c.is_float() }};{% endfor %}$v$ as cols,
  $v${{ found }} {{ found.type }} {{ found.is_table }} {{ found is not none }}$v$ as found, $v${{ missing }} {{ missing is none }}$v$ as missing,
  $v${{ adapter.check_schema_exists(target.database, 'raw') }} {{ adapter.check_schema_exists(target.database, 'nope') }}$v$ as schemas,
  $v${{ other.type if other else 'none' }}$v$ as other, $v${{ adapter.quote('a b') }} {{ adapter.type() }}$v$ as q,
  $v${{ dbt_utils_like(pets) }}$v$ as names
