{{ config(materialized='view', schema='own') }}
select '{{ config.get("materialized") }}' as mat
