create schema raw;
create table raw.events (id int, at timestamp, kind text);
insert into raw.events select n, timestamp '2026-01-01' + n * interval '6 hours', 'k' || n % 3 from generate_series(0, 40) n;
