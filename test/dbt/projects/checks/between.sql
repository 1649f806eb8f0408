insert into raw.people values (5, 'Eve', 'Lima', 8, 5);
