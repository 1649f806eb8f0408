{{ config(severity='error', error_if='>10', warn_if='>10', tags=['late']) }}
select * from {{ ref('people') }} where id > {{ var('step') }}
