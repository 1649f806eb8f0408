{{ config(unique_key='id', on_schema_change='sync_all_columns') }}
select id, kind, at{% if var('step') | int == 1 %}, amount, city{% else %}, cast(amount as text) as amount, extra{% endif %} from {{ ref('events') }}
