create schema raw;
create table raw.people (id int, name text, city text, updated_at timestamp);
insert into raw.people values
  (1, 'Ann', 'Oslo', '2024-01-01'), (2, 'Bob O''Neil', 'Rome', '2024-01-02'), (3, 'Chloé', 'Kyiv', '2024-01-03'), (4, 'Dag', null, '2024-01-04');
