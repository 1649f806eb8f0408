create schema raw;
create table raw.pets (id int, kind text, born date, weight float8, price numeric(8, 2), tags text[], doc jsonb, seen timestamptz, alive bool, ratio real, big bigint, span interval, t time, raw bytea);
insert into raw.pets values
  (1, 'cat', '2020-02-29', 4.5, 10.50, '{a,b}', '{"x": [1, 2.5, null], "y": "z"}', '2024-01-01 10:00+00', true, 0.1, 12345678901, '1 day 02:00', '10:30', '\x00ff'),
  (2, 'dog', '2019-01-01', 30, 100, '{}', '[]', null, false, null, null, null, null, null),
  (3, 'cat', null, 3.0, 0.00, null, null, '2024-06-01 12:00:00.5+00', null, 1e10, 0, '00:00:01', '00:00', '\x');
