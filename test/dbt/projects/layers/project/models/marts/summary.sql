{{ config(materialized='view', access='private') }}
select
  (select count(*) from {{ ref('customers') }}) as seeded,
  (select count(*) from {{ ref('lab', 'orders') }}) as orders,
  '{{ ref("orders") }}' as relation, '{{ this.schema }}.{{ this.name }}' as me
