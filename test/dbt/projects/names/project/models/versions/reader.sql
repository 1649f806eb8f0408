select '{{ ref("people") }}' as latest, '{{ ref("people", v=1) }}' as one, '{{ ref("people", version=2) }}' as two,
  '{{ ref("lab", "people", v="3-rc") }}' as rc, '{{ ref("people") == ref("people", v=2) }}' as same,
  '{{ source("plain_source", "things") }} {{ source("plain_source", "again") }}' as sources
from {{ ref('people', v=1) }}, {{ ref('people') }}, {{ ref('people', v='3-rc') }}
