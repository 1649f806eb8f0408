create schema raw;
create table raw.people (id int, name text, city text, boss int, score numeric);
insert into raw.people values (1, 'Ann', 'Oslo', null, 1.5), (2, 'Bob', 'Rome', 1, -2), (3, 'Chloé', 'Kyiv', 9, null), (4, '', 'Oslo', 2, 4);
