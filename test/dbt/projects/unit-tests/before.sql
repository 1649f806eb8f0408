create schema raw;
create table raw.orders (id int, kind text, amount numeric(10, 2), at timestamp);
insert into raw.orders values (1, 'a', 1.50, '2024-01-01'), (2, 'b', 2, '2024-01-02');
create table raw.docs (id int, flags int[], doc jsonb);
insert into raw.docs values (1, '{1,2}', '{"a": 1}'), (2, null, null);
