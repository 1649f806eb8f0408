insert into raw.late values (2, now()::timestamp);
