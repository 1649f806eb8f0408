-- with a comment before
WITH RECURSIVE t (n) AS (select 1 union all select n + 1 from t where n < 3)
select t.n, s.id, f.id as first_id from t, {{ ref('second') }} s, {{ ref('first') }} f
