select * from {{ ref('people') }} where name = ''
