select * from {{ ref('mview_indexed') }}
