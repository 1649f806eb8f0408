select "Id" as id, "from" as source_word, '{{ this }}' as me, '{{ this.schema }}' as s, '{{ this.identifier }}' as i
from {{ source('odd', 'chosen') }}
