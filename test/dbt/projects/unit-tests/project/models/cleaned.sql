{{ config(materialized='ephemeral') }}
select id, kind, amount, at from {{ source('raw', 'orders') }} where amount is not null
