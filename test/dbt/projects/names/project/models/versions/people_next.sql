select 1 as id, 'x' as name, 2 as more
