{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='year', begin='2025-01-01', lookback=1, unique_key='id') }}
select id, at, kind from {{ ref('events') }}
