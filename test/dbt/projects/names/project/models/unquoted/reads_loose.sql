select id, '{{ ref("Loose") }}' as r from {{ ref('Loose') }}
