create schema raw;
create table raw.events (id int, kind text, city text, at timestamp, amount numeric(10, 2));
insert into raw.events values
  (1, 'a', 'Oslo', '2024-01-01 10:00', 1.50), (2, 'b', 'Rome', '2024-01-02 10:00', 2), (3, 'a', 'Kyiv', '2024-01-03 10:00', null),
  (4, 'c', null, '2024-01-04 10:00', 4.25);
