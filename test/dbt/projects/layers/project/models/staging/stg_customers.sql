{{ config(tags=['people'], alias='customers_clean') }}
select id as customer_id, first_name || ' ' || last_name as full_name, joined_on from {{ ref('customers') }}
