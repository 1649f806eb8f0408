{{ config(materialized='view', event_time='at') }}
select * from {{ source('raw', 'events') }}
