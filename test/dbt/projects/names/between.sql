insert into "Raw Data"."Select" values (3, 'c');
