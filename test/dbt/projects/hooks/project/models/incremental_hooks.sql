{{ config(materialized='incremental', unique_key='id', post_hook="{% if is_incremental() %}{{ note('later', this.name) }}{% else %}{{ note('first', this.name) }}{% endif %}") }}
select id, {{ var('step') }} as step from {{ ref('few') }}
