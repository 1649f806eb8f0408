select code, money * 2 as twice, j from {{ ref('typed') }}
